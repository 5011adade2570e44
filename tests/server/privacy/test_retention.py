"""What is older than the operator wants to keep is deleted; points stay, and nothing else is touched."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from server.audit.models import AuditEntry
from server.courses.visibility import everybody
from server.drafts.models import Draft
from server.gradebook.models import Action, Assignment, Grade
from server.gradebook.services import decide
from server.privacy.retention import ended_before, retain
from server.regrades import services as regrades
from server.regrades.errors import RegradeError
from server.submissions.models import Submission
from server.submissions.source_archive import AttemptChoice, source_archive
from server.webhooks.models import Event
from server.webhooks.tasks import delete_old_events
from tests.server.privacy.lives import live, traces
from tests.support.people import graded, make_assignment, make_course, make_member, make_student, make_submission

pytestmark = pytest.mark.django_db
NOW = timezone.now()
AGO = {days: NOW - timedelta(days=days) for days in (1, 40, 400)}
CODE_MARKS = ["quorthon_secret_code", "quorthon_printed_this", "quorthon_draft"]


def make_old(days):
    Submission.objects.update(submitted_at=NOW - timedelta(days=days))


def codes():
    return list(Submission.objects.order_by("pk").values_list("source", flat=True))


def test_nothing_is_deleted_unless_the_operator_says_so(course, assignment):
    live(course, assignment)
    make_old(4_000)
    before = sorted(traces())

    assert retain() == {}

    assert sorted(traces()) == before


def test_code_of_an_ended_course_is_deleted_and_points_stay(course, assignment, settings):
    settings.KEEP_CODE_DAYS = 365
    person, *_ = live(course, assignment)
    make_old(400)
    points = list(Grade.objects.order_by("pk").values("final", "raw", "used"))

    assert retain(NOW) == {"code": 4}

    assert traces(CODE_MARKS) - {("lessons_snippetrun", "shown"), ("drafts_draft", "source")} == set()
    assert not Draft.objects.exists()
    assert list(Grade.objects.order_by("pk").values("final", "raw", "used")) == points
    assert person.submissions.first().report["findings"][0]["points"] == 3
    assert retain(NOW) == {"code": 0}


@pytest.mark.parametrize(
    "still_on",
    [
        {"due_at": NOW + timedelta(days=1)},
        {"closes_at": NOW - timedelta(days=30)},
        {"opens_at": NOW - timedelta(days=364)},
    ],
)
def test_a_course_with_a_later_date_has_not_ended(course, assignment, settings, still_on):
    settings.KEEP_CODE_DAYS = 365
    graded(make_student(course), assignment, 5)
    make_old(400)
    Assignment.objects.update(**still_on)

    assert retain(NOW) == {"code": 0}
    assert codes() != [""]


def test_an_extension_and_a_late_submission_keep_a_course_open(course, assignment):
    learner, teacher = make_student(course), make_member(course, "instructor")
    graded(learner, assignment, 5)
    make_old(400)
    assert ended_before(AGO[40]) == [course]

    decide(assignment, learner, action=Action.EXTENDED, by=teacher, why="Ill", due_at=AGO[1], now=AGO[40])

    assert ended_before(AGO[40]) == []


def test_a_course_that_has_not_begun_has_not_ended():
    make_assignment(make_course())

    assert ended_before(NOW + timedelta(days=4_000)) == []


def test_the_code_of_other_courses_stays(course, assignment, settings):
    settings.KEEP_CODE_DAYS = 365
    graded(make_student(course), assignment, 5)
    make_old(400)
    other = make_assignment(make_course())
    make_submission(make_student(other.course), other)

    retain(NOW)

    assert [bool(code) for code in codes()] == [False, True]


def test_pages_and_exports_of_an_ended_course_still_work(client, course, assignment, settings):
    settings.KEEP_CODE_DAYS = 365
    learner, teacher = make_student(course), make_member(course, "instructor")
    submission = graded(learner, assignment, 5)
    make_old(400)
    retain(NOW)

    client.force_login(learner)
    assert client.get(submission.get_absolute_url()).status_code == 200
    assert client.get(assignment.get_absolute_url()).status_code == 200
    assert b"index.csv" in b"".join(source_archive(everybody(course), [assignment], AttemptChoice.ALL))
    with pytest.raises(RegradeError, match="No submission"):
        regrades.start(course, [assignment], by=teacher, why="Again")


def test_old_entries_of_the_log_are_deleted(course, settings):
    settings.KEEP_AUDIT_DAYS = 30
    make_student(course)
    before = AuditEntry.objects.count()
    AuditEntry._base_manager.update(at=AGO[40])
    make_student(course)

    assert retain(NOW) == {"audit": before}
    assert AuditEntry.objects.count() == 1


def test_sessions_that_are_over_are_deleted(client, student):
    client.force_login(student)
    Session.objects.update(expire_date=AGO[1])

    retain()

    assert not Session.objects.exists()


@pytest.mark.parametrize(("days", "left"), [(30, 0), (60, 1), (0, 1)])
def test_events_are_kept_as_long_as_the_operator_says(course, settings, days, left):
    settings.KEEP_EVENTS_DAYS = days
    Event.objects.create(course=course, type="grade.changed", payload={})
    Event.objects.update(created_at=AGO[40])

    delete_old_events()

    assert Event.objects.count() == left
