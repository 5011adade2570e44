"""After erasing a person, or making them anonymous, nothing of theirs is left, and nobody else's grades changed."""

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse

from server.accounts.models import User
from server.api.models import KeptAnswer
from server.audit.models import AuditEntry
from server.comments.models import Comment
from server.courses.models import Enrollment, Role
from server.gradebook.models import Grade, GradeChange
from server.privacy.accounts import DataSubject
from server.privacy.erasure import ErasureRefused, carry_out, plan
from server.privacy.registry import TABLES, Mode, Treatment
from server.submissions.models import Submission
from tests.server.privacy.lives import CODE, NAME, OUTPUT, live, tables_that_name, traces
from tests.support.people import graded, make_member, make_submission, make_user

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("mode", list(Mode))


def erase(person, mode=Mode.ERASE, by=None):
    return carry_out(DataSubject.of(person), mode, by=by)


def grades_of_others(person):
    columns = [field.attname for field in Grade._meta.fields]
    changes = GradeChange.objects.exclude(learner=person).order_by("pk").values("pk", "learner", "old", "new", "why")
    return list(Grade.objects.exclude(learner=person).order_by("pk").values(*columns)), list(changes)


def test_the_person_left_a_trace_in_every_table(person):
    subject = DataSubject.of(person)
    empty = {one.model for one in TABLES if one.about is not None and not one.about_person(subject).exists()}

    # A student is no administrator and invites no platform.
    assert empty == {"accounts.User_user_permissions", "lti.PlatformInvitation"}
    assert len(traces()) > 20


@BOTH
def test_nothing_of_the_person_is_left_in_the_database(person, mode):
    erase(person, mode)

    assert traces() == set()


@BOTH
def test_nobody_elses_grades_changed(person, mode):
    before = grades_of_others(person)

    erase(person, mode)

    assert grades_of_others(person) == before


def test_erasing_a_student_deletes_the_account_too(person):
    erase(person)

    assert not User.objects.filter(pk=person.pk).exists()
    assert tables_that_name(person.pk) == set()


def test_an_anonymous_person_keeps_points_under_a_number(person, course, assignment):
    before = Grade.objects.get(learner=person)

    erase(person, Mode.ANONYMOUS)

    after, account = Grade.objects.get(learner=person), User.objects.get(pk=person.pk)
    assert (after.final, after.used, after.counted_id) == (before.final, before.used, before.counted_id)
    assert (account.username, account.display_name) == (f"person-{person.pk}",) * 2
    assert (account.email, account.external_id, account.is_active) == ("", None, False)
    assert not account.has_usable_password()
    assert set(Submission.objects.filter(learner=person).values_list("source", flat=True)) == {""}
    assert Enrollment.objects.get(user=person, course=course).role == Role.STUDENT


@pytest.mark.parametrize("mode", [Mode.ANONYMOUS])
def test_statistics_stay_as_they_are_for_an_anonymous_person(client, person, teacher, course, assignment, mode):
    client.force_login(teacher)
    pages = [
        reverse("dashboard:analytics", args=[course.slug, assignment.pk]),
        reverse("dashboard:exercises", args=[course.slug]),
    ]
    before = [numbers(client.get(page)) for page in pages]

    erase(person, mode)

    assert [numbers(client.get(page)) for page in pages] == before


def numbers(response):
    """The numbers on a page, without those in addresses and keys."""
    import re

    assert response.status_code == 200
    text = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", response.text, flags=re.DOTALL)
    return re.findall(r"\d+(?:\.\d+)?", re.sub(r"<[^>]+>", " ", text))


@BOTH
def test_all_pages_of_the_course_still_open(client, person, teacher, course, assignment, mode):
    erase(person, mode)

    client.force_login(teacher)
    pages = ["overview", "gradebook", "changes", "audit", "assignments", "exercises", "errors"]
    statuses = {page: client.get(reverse(f"dashboard:{page}", args=[course.slug])).status_code for page in pages}
    statuses["people"] = client.get(reverse("roster:people", args=[course.slug])).status_code
    statuses["similarity"] = client.get(reverse("similarity:list", args=[course.slug])).status_code
    statuses["regrades"] = client.get(reverse("regrades:list", args=[course.slug])).status_code
    for form in ("csv", "xlsx", "canvas", "moodle", "gradescope"):
        statuses[form] = client.get(reverse("dashboard:export", args=[course.slug, form])).status_code
    for submission in Submission.objects.all():
        statuses[submission.pk] = client.get(
            reverse("dashboard:submission", args=[course.slug, submission.pk])
        ).status_code
        statuses[f"own {submission.pk}"] = client.get(submission.get_absolute_url()).status_code
    assert {page: status for page, status in statuses.items() if status != 200} == {}


@BOTH
def test_the_person_cannot_sign_in_and_every_session_is_over(person, mode):
    client = Client()
    client.force_login(person)
    others = Client()
    others.force_login(make_user(username="bystander"))

    erase(person, mode)

    assert client.get(reverse("profile")).status_code == 302
    assert others.get(reverse("profile")).status_code == 200
    assert Session.objects.count() == 1
    assert not Client().login(username=NAME["username"], password="secret")


@BOTH
def test_the_log_says_that_it_happened_and_not_to_whom(person, administrator, mode):
    erase(person, mode, by=administrator)

    entry = AuditEntry.objects.order_by("-pk").first()
    assert (entry.by, entry.about, entry.what) == (administrator, None, f"person-{person.pk}")
    assert entry.action == ("people.erased" if mode is Mode.ERASE else "people.made_anonymous")
    assert entry.after.startswith("2 submissions, ")


@BOTH
def test_the_plan_says_exactly_what_happens(person, mode):
    subject = DataSubject.of(person)
    planned = plan(subject, mode)
    before = {one.model: one.rows.count() for one in TABLES}

    done = erase(person, mode)

    assert done.digest == planned.digest
    gone = {one.model: before[one.model] - one.rows.count() for one in TABLES}
    # The log has one entry more.
    gone["audit.AuditEntry"] += 1
    promised = {step.policy.model: step.about for step in planned.steps if step.treatment is Treatment.DELETED}
    assert {model: count for model, count in gone.items() if count} == {
        model: count for model, count in promised.items() if count
    }


def test_a_plan_changes_nothing(person):
    before = sorted(traces())

    plan(DataSubject.of(person), Mode.ERASE)

    assert sorted(traces()) == before


def test_a_plan_that_no_longer_fits_is_refused(person, assignment, teacher):
    shown = plan(DataSubject.of(person), Mode.ERASE)
    graded(person, assignment, 5)

    with pytest.raises(ErasureRefused, match="Something changed"):
        carry_out(DataSubject.of(person), Mode.ERASE, by=None, digest=shown.digest)

    assert User.objects.filter(pk=person.pk).exists()


@BOTH
def test_comments_of_an_erased_teacher_stay_under_a_number(lives, course, mode):
    person, teacher, _ = lives
    make_member(course, "instructor", username="second")
    erase(person)

    erase(teacher, mode)

    left = Comment.objects.get()
    assert (left.author_id, left.author.display_name) == (teacher.pk, f"person-{teacher.pk}")
    assert left.text == "Compare with [erased] ([erased])."
    assert traces(["tilda", "teacher"]) == set()
    assert not Enrollment.objects.filter(user=teacher).exists()


def test_answers_of_the_api_that_name_nobody_are_kept(person):
    erase(person)

    assert [row.key for row in KeptAnswer.objects.all()] == ["other"]


def test_code_that_is_being_graded_is_not_erased(person, assignment):
    make_submission(person, assignment)

    with pytest.raises(ErasureRefused, match="being graded"):
        erase(person)


def test_the_only_instructor_is_not_erased(course, instructor):
    with pytest.raises(ErasureRefused, match="only instructor"):
        erase(instructor)


def test_the_only_administrator_is_not_erased(administrator):
    with pytest.raises(ErasureRefused, match="only administrator"):
        erase(administrator)


def test_nobody_erases_themselves(administrator):
    make_user(username="second-admin", is_superuser=True)

    with pytest.raises(ErasureRefused, match="This is you"):
        erase(administrator, by=administrator)


def test_an_anonymous_person_can_still_be_erased(person):
    erase(person, Mode.ANONYMOUS)

    erase(User.objects.get(pk=person.pk))

    assert not User.objects.filter(pk=person.pk).exists()


@BOTH
def test_an_account_that_was_merged_goes_with_the_person(person, mode):
    former = make_user(username="eq-7731-old", email="quorthon@old.example.org", merged_into=person, is_active=False)

    erase(former, mode)

    assert traces() == set()
    assert User.objects.filter(pk__in=[person.pk, former.pk]).exists() == (mode is Mode.ANONYMOUS)


def test_a_number_that_somebody_uses_as_a_name_is_avoided(person):
    make_user(username=f"Person-{person.pk}")

    erase(person, Mode.ANONYMOUS)

    assert User.objects.get(pk=person.pk).username.startswith(f"person-{person.pk}-")


def test_names_are_replaced_only_as_whole_words(course, assignment):
    teacher = make_member(course, "instructor", username="tt")
    ann = make_member(course, "student", username="ann", first_name="Ann")
    row = Comment.objects.create(
        submission=graded(make_member(course, "student"), assignment, 5),
        author=teacher,
        text="Ann's annual banner, ann.",
    )

    erase(ann)

    row.refresh_from_db()
    assert row.text == "[erased]'s annual banner, [erased]."


@pytest.mark.django_db(transaction=True)
@BOTH
def test_nothing_is_left_in_the_database_file(course, assignment, mode):
    person, *_ = live(course, assignment)
    path = Path(str(settings.DATABASES["default"]["NAME"]))
    on_disk = connection.vendor == "sqlite"
    files = [path, path.with_name(f"{path.name}-wal")]

    def found():
        content = b"".join(file.read_bytes() for file in files if file.exists()).lower()
        return [mark for mark in (CODE.strip(), OUTPUT, "evelina", "matr-99812") if mark.encode() in content]

    if on_disk:
        assert len(found()) == 4

    erase(person, mode)

    if on_disk:
        assert found() == []
    assert traces() == set()
