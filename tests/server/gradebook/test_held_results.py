"""Results that are held back reach learners by no way: what they get is the same for every result."""

import io
import json
import re
import zipfile
from datetime import timedelta
from itertools import zip_longest

import pytest
from asgiref.sync import async_to_sync
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from grader.protocol.reports import Outcome
from server.api.models import TokenScope
from server.api.tokens import make_token
from server.gradebook import releases
from server.gradebook.models import Action, Assignment, Grade
from server.gradebook.services import change_terms, decide, refresh
from server.gradebook.tasks import release_due
from server.hints.models import HintUse
from server.notifications import deadlines
from server.notifications.models import News
from server.privacy.accounts import DataSubject
from server.privacy.export import personal_data
from server.submissions.live import snapshots
from server.submissions.masking import mask
from server.submissions.models import Kind, State, Submission
from server.webhooks.models import Event, EventType
from server.webhooks.services import add_endpoint
from tests.support.leaving import body, everything_that_leaves
from tests.support.people import (
    graded,
    make_assignment,
    make_member,
    make_report,
    make_student,
    make_submission,
    record,
)

pytestmark = pytest.mark.django_db

MARKS = ["73.1", "7.31", "0.731", "73,1", "agrees with autograd", "ReLU at zero", "the secret case"]
# What is new in each answer: tokens of forms, nonces, and the ids of requests.
CHANGING = re.compile(r'csrfmiddlewaretoken" value="\w+|X-CSRFToken": "\w+|nonce="[^"]+|"request_id":\s*"[^"]+')


@pytest.fixture(autouse=True)
def _held(assignment):
    Assignment.objects.filter(pk=assignment.pk).update(results_held=True)
    assignment.refresh_from_db()


@pytest.fixture
def endpoint(assignment, settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    return add_endpoint(assignment.course, url="http://127.0.0.1:9/hook", events=list(EventType))


def report(given, **fields):
    return make_report(given, message="text", data={"text": "ReLU at zero"}, case="the secret case", **fields)


def leaves(student, submission):
    """Return what every address gives to the learner, the stream and the export of personal data included."""
    told = everything_that_leaves(student, submission)
    client = Client()
    client.force_login(student)
    told["events"] = streamed(submission, student)
    _, token = make_token("mine", courses=[submission.course], scopes=list(TokenScope), learner=student)
    for path in ("graded", "ungradable", "held", "queued", "running"):
        told[path] = client.get(f"/api/v1/submissions?state={path}", headers={"authorization": f"Bearer {token}"})
    changed = (timezone.now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    for path in ("submissions", "grades"):
        answer = client.get(f"/api/v1/{path}", {"updated_since": changed}, headers={"authorization": f"Bearer {token}"})
        told[f"{path} since"] = answer
    for path in (f"/submissions/{submission.pk}/cancel",):
        told[path] = client.post(f"/api/v1{path}", headers={"authorization": f"Bearer {token}"})
    told["cancel"] = client.post(reverse("submissions:cancel", args=[submission.pk]), follow=True)
    told["hint"] = client.post(
        reverse("hints:open", args=[submission.pk]), {"check": "agrees", "level": 1}, follow=True
    )
    told["lessons"] = client.get(reverse("lessons:index", args=[submission.course.slug]))
    return {path: CHANGING.sub("", one if isinstance(one, str) else body(one)) for path, one in told.items()}


def streamed(submission, reader):
    row = again(submission)

    async def read():
        return "".join([event async for event in snapshots.stream(row, reader=reader)])

    return async_to_sync(read)()


def different(before, after, *, without=()):
    """Return the first lines that differ, of each answer that differs."""
    found = []
    for path in before.keys() - set(without):
        lines = zip_longest(before[path].splitlines(), after[path].splitlines())
        found += [(path, *pair) for pair in lines if pair[0] != pair[1]][:1]
    return found


def again(submission):
    return Submission.objects.select_related("learner", "assignment__course").get(pk=submission.pk)


def exported(student):
    content = b"".join(personal_data(DataSubject.of(student)))
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        return {name: zipped.read(name).decode(errors="replace") for name in zipped.namelist()}


@pytest.mark.django_db(transaction=True)
def test_nothing_that_leaves_depends_on_the_result(student, assignment):
    submission = make_submission(student, assignment)
    waiting = leaves(student, submission)

    record(submission, report(7.31))
    Submission.objects.filter(pk=submission.pk).update(line=2)

    assert Grade.objects.get().final == pytest.approx(73.1)
    passed = leaves(student, submission)
    # A grade is listed from the moment on when there is one. It says nothing else.
    assert different(waiting, passed, without={"/grades", "grades since"}) == []
    for path, text in passed.items():
        assert not any(mark in text for mark in MARKS), path
    assert '"state":"held"' in passed[f"/submissions/{submission.pk}"]
    assert '"state": "held"' in passed["events"]
    assert "Received" in passed[reverse("submissions:detail", args=[submission.pk])]


def test_nothing_depends_on_full_marks_either(student, assignment):
    first, second = make_submission(student, assignment), make_student(assignment.course)
    make_submission(second, assignment)
    home = reverse("courses:home", args=[assignment.course.slug])
    client = Client()
    client.force_login(student)
    before = CHANGING.sub("", body(client.get(home)))

    record(first, make_report(10))

    assert different({"home": before}, {"home": CHANGING.sub("", body(client.get(home)))}) == []
    assert "0 of 1 exercises passed" in before


@pytest.mark.django_db(transaction=True)
def test_staff_see_everything(instructor, student, assignment):
    submission = make_submission(student, assignment)
    record(submission, report(7.31))
    client = Client()
    client.force_login(instructor)
    slug = assignment.course.slug

    for name, args in (("submission", [submission.pk]), ("student", [student.pk]), ("gradebook", [])):
        assert "73.1" in body(client.get(reverse(f"dashboard:{name}", args=[slug, *args]))), name
    assert '"over": true' in streamed(submission, instructor)
    assert '"state": "graded"' in streamed(submission, instructor)


def test_a_token_of_the_course_reads_the_result(instructor, student, assignment, client):
    submission = make_submission(student, assignment)
    record(submission, report(7.31))
    _, token = make_token("lms", courses=[assignment.course], scopes=list(TokenScope), owner=instructor)
    headers = {"authorization": f"Bearer {token}"}

    shown = client.get(f"/api/v1/submissions/{submission.pk}", headers=headers).json()
    grade = client.get(f"/api/v1/grades/{assignment.pk}/{student.pk}", headers=headers).json()

    assert (shown["state"], shown["held"], shown["score"]["given"]) == ("graded", True, 7.31)
    assert (grade["held"], grade["score"]["given"]) == (True, pytest.approx(73.1))


def test_a_learner_reads_held_in_the_api(student, assignment, client):
    submission = make_submission(student, assignment)
    record(submission, report(7.31))
    _, token = make_token("mine", courses=[assignment.course], scopes=list(TokenScope), learner=student)
    headers = {"authorization": f"Bearer {token}"}

    (shown,) = client.get("/api/v1/submissions?state=held", headers=headers).json()["items"]
    (grade,) = client.get("/api/v1/grades", headers=headers).json()["items"]

    assert (shown["state"], shown["score"], shown["report"], shown["line"]) == ("held", None, None, None)
    assert (shown["finished_at"], shown["grader_version"], shown["uses_attempt"]) == (None, None, True)
    assert (grade["held"], grade["score"], grade["raw"], grade["counted"]) == (True, None, None, None)
    assert client.get("/api/v1/submissions?state=graded", headers=headers).json()["items"] == []
    assert client.get(f"/api/v1/submissions/{submission.pk}/report", headers=headers).status_code == 404


def test_a_wait_for_the_score_ends_at_once(student, assignment, client):
    _, token = make_token("mine", courses=[assignment.course], scopes=list(TokenScope), learner=student)
    headers = {"authorization": f"Bearer {token}", "prefer": "wait=10"}

    answer = client.post(
        "/api/v1/submissions",
        {"assignment": assignment.pk, "source": "x = 1\n"},
        content_type="application/json",
        headers=headers,
    )

    assert (answer.status_code, answer.json()["state"]) == (202, "held")


def test_a_masked_submission_cannot_be_saved(student, assignment):
    submission = make_submission(student, assignment)
    record(submission, report(7.31))
    masked = mask(again(submission), student)

    with pytest.raises(TypeError):
        masked.save()

    assert (masked.report, masked.given, masked.state) == (None, None, State.QUEUED)
    assert again(submission).given == 7.31


def test_a_learner_cannot_withdraw_what_is_held(student, assignment):
    submission = make_submission(student, assignment)
    client = Client()
    client.force_login(student)

    client.post(reverse("submissions:cancel", args=[submission.pk]))

    assert again(submission).state == State.QUEUED


@pytest.mark.parametrize(
    ("outcome", "words"), [(Outcome.UNGRADABLE, "could not be loaded, so this used no attempt"), (None, "Received")]
)
def test_the_learner_learns_that_code_did_not_load(outcome, words, student, assignment):
    submission = make_submission(student, assignment)
    record(submission, report(0, outcome=outcome) if outcome else report(0))
    client = Client()
    client.force_login(student)

    page = body(client.get(reverse("submissions:detail", args=[submission.pk])))

    assert words in page
    assert not any(mark in page for mark in MARKS)


def test_test_runs_are_not_held_but_practice_is(student, assignment):
    run = make_submission(student, assignment, kind=Kind.TEST_RUN)
    practice = make_submission(student, assignment)
    Submission.objects.filter(pk=practice.pk).update(kind=Kind.PRACTICE)

    assert not mask(again(run), student).is_held
    assert mask(again(practice), student).is_held


def test_the_personal_data_have_no_held_result(student, instructor, assignment):
    submission = make_submission(student, assignment)
    record(submission, report(7.31))
    decide(assignment, student, action=Action.OVERRIDDEN, by=instructor, why="the secret case", override=7.31)
    assert HintUse.objects.exists() is False

    files = exported(student)

    for name, text in files.items():
        assert not any(mark in text for mark in MARKS), name
    (row,) = json.loads(files["submissions-submission.json"])
    assert (row["state"], row["given"]) == (None, None)
    assert "submissions/gradients/square/attempt-1.py" in files

    releases.release(assignment, by=instructor)

    files = exported(student)
    assert "7.31" in files["gradebook-grade.json"]
    assert "the secret case" in files["submissions/gradients/square/attempt-1.json"]


def test_the_export_of_a_teacher_is_complete(instructor, assignment):
    submission = make_submission(instructor, assignment)
    record(submission, report(7.31))

    assert "7.31" in exported(instructor)["submissions-submission.json"]


def test_no_mail_speaks_of_a_held_result(student, instructor, assignment, settings):
    settings.SENDS_MAIL = True
    record(make_submission(student, assignment), report(7.31))
    override = decide(assignment, student, action=Action.OVERRIDDEN, by=instructor, why="oral", override=5)
    assert override is not None
    assert not News.objects.exists()
    decide(assignment, student, action=Action.EXTENDED, by=instructor, why="ill", extra_attempts=1)
    assert News.objects.count() == 1

    releases.release(assignment, by=instructor)

    assert [one.text for one in News.objects.filter(user=student).order_by("pk")][1:] == [
        "The results of “The square” are released."
    ]
    assert mail.outbox == []


def test_reminders_do_not_tell_who_has_passed(course, assignment, settings):
    settings.SENDS_MAIL = True
    passed, failed, idle = (make_student(course) for _ in range(3))
    Assignment.objects.filter(pk=assignment.pk).update(due_at=timezone.now() + timedelta(hours=3))
    record(make_submission(passed, assignment), make_report(10))
    record(make_submission(failed, assignment), make_report(1))

    deadlines.remind()

    assert [one.user_id for one in News.objects.all()] == [idle.pk]


def test_webhooks_say_held_and_have_the_score_after_release(endpoint, student, instructor, assignment):
    record(make_submission(student, assignment), report(7.31))

    for event in Event.objects.all():
        assert event.payload["data"]["held"] is True
        assert event.payload["data"]["score"] is None
        assert not any(mark in json.dumps(event.payload) for mark in MARKS)
    before = Event.objects.count()

    releases.release(assignment, by=instructor)

    later = {event.type: event.payload["data"] for event in Event.objects.order_by("pk")[before:]}
    assert later["submission.graded"]["score"] == {"given": 7.31, "max": 10.0}
    assert later["grade.changed"]["score"] == {"given": pytest.approx(73.1), "max": 100}
    assert all(data["held"] is False for data in later.values())
    assert set(endpoint.deliveries.values_list("state", flat=True)) == {"pending"}


def test_a_release_happens_once_and_at_its_time(student, instructor, assignment):
    graded(student, assignment, 7)
    Assignment.objects.filter(pk=assignment.pk).update(release_at=timezone.now() + timedelta(minutes=1))
    release_due()
    assert Assignment.objects.get().results_held

    Assignment.objects.filter(pk=assignment.pk).update(release_at=timezone.now() - timedelta(seconds=1))
    release_due()

    released = Assignment.objects.get()
    assert (released.results_held, released.release_at) == (False, None)
    assert released.released_at is not None
    assert releases.release(assignment, by=instructor) is False


def test_held_later_hides_what_was_shown(student, instructor, assignment):
    releases.release(assignment)
    submission = graded(student, assignment, 7.31)
    page = reverse("submissions:detail", args=[submission.pk])
    client = Client()
    client.force_login(student)
    assert "73.1" in body(client.get(page))

    assignment.refresh_from_db()
    assignment.results_held = True
    change_terms(assignment, by=instructor)

    assert "73.1" not in body(client.get(page))
    assert "73.1" not in body(client.get(reverse("courses:grades", args=[assignment.course.slug])))


def test_clearing_the_field_releases_like_the_button(endpoint, student, instructor, assignment):
    record(make_submission(student, assignment), report(7.31))
    assignment.results_held = False

    change_terms(assignment, by=instructor)

    assert Event.objects.filter(payload__data__held=False, type="grade.changed").count() == 1
    assert Assignment.objects.get().released_at is not None


def test_a_synchronizing_client_notices_the_release(student, assignment, instructor, client):
    graded(student, assignment, 7.31)
    _, token = make_token("mine", courses=[assignment.course], scopes=list(TokenScope), learner=student)
    since = timezone.now().isoformat().replace("+00:00", "Z")

    releases.release(assignment, by=instructor)

    for path in ("submissions", "grades"):
        answer = client.get(f"/api/v1/{path}", {"updated_since": since}, headers={"authorization": f"Bearer {token}"})
        assert len(answer.json()["items"]) == 1, path


def test_one_button_releases_all_of_a_course(student, instructor, assignment):
    other = make_assignment(assignment.course, slug="gradients/other", results_held=True)
    elsewhere = make_assignment(slug="gradients/elsewhere", results_held=True)
    client = Client()
    client.force_login(instructor)

    answer = client.post(reverse("dashboard:release-all", args=[assignment.course.slug]), follow=True)

    assert "The results of 2 assignments are released." in body(answer)
    held = Assignment.objects.filter(results_held=True)
    assert list(held) == [elsewhere]
    assert other not in held


def test_assistants_see_results_but_release_none(assignment, student):
    helper = make_member(assignment.course, "ta")
    client = Client()
    client.force_login(helper)
    submission = graded(student, assignment, 7.31)

    assert "73.1" in body(client.get(reverse("dashboard:submission", args=[assignment.course.slug, submission.pk])))
    answer = client.post(reverse("dashboard:release", args=[assignment.course.slug, assignment.pk]))

    assert answer.status_code in {403, 404}
    assert Assignment.objects.get().results_held


def test_a_teacher_elsewhere_is_a_learner_here(assignment):
    teacher = make_member(make_assignment().course, "instructor")
    assignment.course.enrollments.create(user=teacher, role="student")
    submission = graded(teacher, assignment, 7.31)

    assert mask(again(submission), teacher).is_held


def test_next_exercise_does_not_tell_a_pass(student, assignment):
    make_assignment(assignment.course, slug="gradients/zz-other", position=2)
    record(make_submission(student, assignment), make_report(10))
    client = Client()
    client.force_login(student)

    page = body(client.get(reverse("submissions:exercise", args=[assignment.course.slug, assignment.slug])))

    assert "Next: " not in page
    assert "Passed" not in page


def test_refreshing_grades_sends_no_held_score(endpoint, student, assignment):
    graded(student, assignment, 7.31)
    Assignment.objects.filter(pk=assignment.pk).update(points=50)
    refresh(Assignment.objects.get())

    assert all(event.payload["data"].get("score") is None for event in Event.objects.all())
