"""Two accounts of one person become one: nothing is lost, and nobody gets a stranger's account."""

from datetime import timedelta

import pytest
from django.utils import timezone

from server.accounts.models import User
from server.api.models import ApiToken
from server.audit.models import AuditAction, AuditEntry
from server.comments.services import comment
from server.courses import services as membership
from server.courses.models import AssistantLimit, Enrollment
from server.drafts import services as drafts
from server.gradebook.models import Action, Grade, GradeChange
from server.gradebook.services import decide
from server.lti.models import Identity
from server.merging.plan import plan, relations
from server.merging.relations import LEFT, MOVED, RIGHTS, WITH_RULES
from server.merging.services import MergeChanged, MergeRefused, merge
from server.roster.csv_file import read
from server.roster.plan import Effect
from server.roster.plan import plan as roster_plan
from server.roster.sections import limit
from server.similarity.models import Comparison, Pair
from server.submissions import services as submissions
from server.submissions.errors import AccountMerged
from tests.support.lms.builders import make_platform
from tests.support.people import (
    graded,
    make_assignment,
    make_course,
    make_member,
    make_report,
    make_submission,
    make_user,
    record,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def course(assignment):
    return assignment.course


@pytest.fixture
def teacher(course):
    return make_member(course, "instructor")


def imported(course, **fields):
    """An account that a roster made: nobody has signed in to it."""
    return make_member(course, "student", **{"password": None, "external_id": "s1", "email": "a@example.org"} | fields)


def from_lms(course, sub="sub-1"):
    """An account of somebody who came from a learning platform."""
    user = make_member(course, "student", password=None, last_login=NOW)
    platform = course.lti_platforms.first() or make_platform(course)
    Identity.objects.create(platform=platform, sub=sub, user=user)
    return user


@pytest.fixture
def kept(course):
    return imported(course)


@pytest.fixture
def gone(course):
    return from_lms(course)


def join(gone, kept, course, by):
    now = plan(gone, kept, course=course, by=by)
    result = merge(gone, kept, course=course, by=by, fingerprint=now.fingerprint)
    for user in (gone, kept):
        user.refresh_from_db()
    return result


def test_every_relation_to_accounts_has_its_line():
    lines = [*MOVED, *WITH_RULES, *LEFT]

    assert {name for name, *_ in relations()} == set(lines)
    assert len(lines) == len(set(lines))
    assert set(lines) >= RIGHTS


def test_attempts_are_kept_and_numbered_by_time(gone, kept, course, teacher, assignment):
    first = graded(gone, assignment, 4, submitted_at=NOW - timedelta(hours=3))
    second = graded(kept, assignment, 6, submitted_at=NOW - timedelta(hours=2))
    third = graded(gone, assignment, 9, submitted_at=NOW - timedelta(hours=1))
    elsewhere = graded(gone, make_assignment(course, slug="gradients/other"), 5)

    join(gone, kept, course, teacher)

    numbers = dict(kept.submissions.values_list("pk", "number"))
    assert numbers == {first.pk: 1, second.pk: 2, third.pk: 3, elsewhere.pk: 1}
    grade = Grade.objects.get(learner=kept, assignment=assignment)
    assert (grade.used, grade.final, grade.counted_id) == (3, 90, third.pk)
    assert Grade.objects.get(learner=kept, assignment=elsewhere.assignment).final == 50
    assert not gone.submissions.exists()
    assert not Grade.objects.filter(learner=gone).exists()
    assert not GradeChange.objects.filter(learner=gone).exists()


def test_a_worse_attempt_of_the_other_account_leaves_the_grade(gone, kept, course, teacher, assignment):
    graded(kept, assignment, 9, submitted_at=NOW - timedelta(hours=2))
    graded(gone, assignment, 4, submitted_at=NOW - timedelta(hours=1))

    join(gone, kept, course, teacher)

    assert Grade.objects.get(learner=kept).final == 90
    assert GradeChange.objects.order_by("-pk")[0].action == Action.MERGED


def test_decisions_of_both_accounts_count(gone, kept, course, teacher, assignment):
    later = NOW + timedelta(days=3)
    decide(assignment, gone, action=Action.EXTENDED, by=teacher, why="ill", due_at=later, extra_attempts=2)
    decide(assignment, kept, action=Action.OVERRIDDEN, by=teacher, why="oral", override=70.0)

    join(gone, kept, course, teacher)

    grade = Grade.objects.get(learner=kept)
    assert (grade.override, grade.due_at, grade.extra_attempts, grade.final) == (70, later, 2, 70)


def test_points_set_by_hand_in_both_must_be_settled_first(gone, kept, course, teacher, assignment):
    for user, points in ((gone, 10.0), (kept, 20.0)):
        decide(assignment, user, action=Action.OVERRIDDEN, by=teacher, why="oral", override=points)

    with pytest.raises(MergeRefused, match=assignment.slug):
        join(gone, kept, course, teacher)

    assert Enrollment.objects.filter(user=gone).exists()


def test_all_ids_lead_to_the_kept_account(gone, kept, course, teacher):
    gone.external_id = "lms-7"
    gone.email = "other@example.org"
    gone.save()

    join(gone, kept, course, teacher)

    assert Identity.objects.get(sub="sub-1").user == kept
    lines = read(f"username,id,email\n{gone.username},,\n,lms-7,\n,s1,\n,,other@example.org")
    found = [roster_plan(course, [line], by=teacher).steps[0] for line in lines]
    assert [step.user for step in found] == [kept] * 4
    assert {step.effect for step in found} <= {Effect.SAME, Effect.CHANGED}
    assert not gone.is_active
    assert gone.merged_into == kept


def test_a_report_that_comes_after_belongs_to_the_kept_account(gone, kept, course, teacher, assignment):
    waiting = make_submission(gone, assignment)

    join(gone, kept, course, teacher)
    record(waiting, make_report(8))

    assert Grade.objects.get(learner=kept).final == 80
    assert not Grade.objects.filter(learner=gone).exists()


def test_a_closed_account_hands_in_nothing_more(gone, kept, course, teacher, assignment):
    join(gone, kept, course, teacher)

    with pytest.raises(AccountMerged):
        submissions.take_in(learner=gone, assignment=assignment, source="x = 1\n")


def test_drafts_of_both_are_kept(gone, kept, course, teacher, assignment):
    drafts.save(learner=kept, assignment=assignment, source="older", seen=0)
    drafts.save(learner=gone, assignment=assignment, source="newer", seen=0)

    join(gone, kept, course, teacher)

    (draft,) = kept.drafts.all()
    assert (draft.source, draft.other) == ("newer", "older")


def test_a_pair_of_ones_own_is_no_longer_similar(gone, kept, course, teacher, assignment):
    comparison = Comparison.objects.create(course=course, by=teacher)
    sides = {"left": make_submission(gone, assignment), "right": make_submission(kept, assignment)}
    alike = {"share": 1, "shared": 1, "left_lines": [], "right_lines": []}
    Pair.objects.create(comparison=comparison, assignment=assignment, **sides, **alike)

    join(gone, kept, course, teacher)

    assert not Pair.objects.exists()


def test_the_log_says_who_merged_what(gone, kept, course, teacher, assignment):
    graded(gone, assignment, 4)

    join(gone, kept, course, teacher)

    entry = AuditEntry.objects.get(action=AuditAction.MERGED)
    assert (entry.by, entry.about, entry.what, entry.course) == (teacher, kept, gone.username, course)
    assert "1 submissions, 1 grades, 1 identities" in entry.after


def test_a_plan_that_changed_since_the_preview_is_shown_again(gone, kept, course, teacher, assignment):
    shown = plan(gone, kept, course=course, by=teacher).fingerprint
    make_submission(gone, assignment)

    with pytest.raises(MergeChanged):
        merge(gone, kept, course=course, by=teacher, fingerprint=shown)

    assert gone.submissions.count() == 1


def test_a_removed_member_comes_back_by_the_other_account(gone, kept, course, teacher):
    membership.remove(course, kept, by=teacher)

    join(gone, kept, course, teacher)

    assert course.enrollments.filter(user=kept).exists()
    assert not course.enrollments.filter(user=gone).exists()


def in_another_course(user):
    Enrollment.objects.create(course=make_course(), user=user, role="student")


def formerly_in_another_course(user):
    other = make_course()
    Enrollment.objects.create(course=other, user=user, role="student")
    membership.remove(other, user, by=None)


def assistant(user):
    user.enrollments.update(role="ta")


def administrator(user):
    User.objects.filter(pk=user.pk).update(is_superuser=True, is_staff=True)


def owner_of_a_token(user):
    ApiToken.objects.create(name="t", prefix="p", digest=f"d{user.pk}", owner=user)


def author(user):
    course = user.enrollments.get().course
    comment(make_submission(assignment=course.assignments.get()), author=user, text="hm")


STRANGERS = [in_another_course, formerly_in_another_course, assistant, administrator, owner_of_a_token, author]


@pytest.mark.parametrize("make_stranger", STRANGERS)
@pytest.mark.parametrize("which", ["gone", "kept"])
def test_an_instructor_reaches_no_strangers_account(gone, kept, course, teacher, make_stranger, which):
    make_stranger({"gone": gone, "kept": kept}[which])

    with pytest.raises(MergeRefused):
        join(gone, kept, course, teacher)

    assert Identity.objects.get(sub="sub-1").user == gone
    assert User.objects.get(pk=gone.pk).is_active


def test_an_instructor_gives_nobody_an_account_with_a_password(course, teacher, gone):
    owned = make_member(course, "student")

    with pytest.raises(MergeRefused, match="administrator"):
        join(gone, owned, course, teacher)
    with pytest.raises(MergeRefused, match="Keep that account"):
        join(owned, gone, course, teacher)

    join(imported(course), owned, course, teacher)
    assert owned.is_active


def test_an_administrator_merges_what_an_instructor_cannot(course, gone):
    admin, owned = make_user(is_superuser=True), make_member(course, "student")
    other = make_course()
    Enrollment.objects.create(course=other, user=gone, role="ta")
    section = other.sections.create(name="Monday")
    limit(other, gone, [section])

    join(gone, owned, course, admin)

    assert owned.enrollments.get(course=other).role == "ta"
    assert AssistantLimit.objects.get().user == owned


def test_nobody_merges_administrators_themselves_or_twice(course, gone, kept, teacher):
    admin = make_user(is_superuser=True, is_staff=True)
    for former, stays in ((kept, kept), (admin, kept)):
        with pytest.raises(MergeRefused):
            join(former, stays, course, admin)
    join(gone, kept, course, teacher)
    with pytest.raises(MergeRefused, match="already"):
        join(gone, imported(course, external_id="s2", email="b@example.org"), course, teacher)


@pytest.fixture
def at(client, course, teacher):
    client.force_login(teacher)

    def send(path, data=None):
        url = f"/courses/{course.slug}/teach/people/{path}"
        return client.get(url, follow=True) if data is None else client.post(url, data, follow=True)

    return send


def test_the_pages_lead_from_a_name_to_one_account(at, gone, kept):
    page = at(f"{kept.pk}/merge", {"account": gone.username})
    fingerprint = page.context["plan"].fingerprint
    done = at(f"{kept.pk}/merge/{gone.pk}/confirm", {"fingerprint": fingerprint})

    assert "is merged into this account" in done.text
    assert User.objects.get(pk=gone.pk).merged_into == kept


def test_an_instructor_cannot_even_name_a_stranger(at, kept):
    stranger = make_student_elsewhere()

    assert "There is no such account" in at(f"{kept.pk}/merge", {"account": stranger.username}).text
    assert at(f"{kept.pk}/merge/{stranger.pk}/").status_code == 404
    assert at(f"{kept.pk}/merge/{stranger.pk}/confirm", {"fingerprint": ""}).status_code == 404


def make_student_elsewhere():
    return make_member(make_course(), "student")


def test_a_stale_confirmation_changes_nothing(at, gone, kept):
    answer = at(f"{kept.pk}/merge/{gone.pk}/confirm", {"fingerprint": "old"})

    assert answer.status_code == 409
    assert User.objects.get(pk=gone.pk).is_active
