"""The deadline calendar: from due dates, class sizes and past curves to the number of workers."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from server.courses.models import Enrollment, Role
from server.gradebook.models import Assignment
from server.observability import workers_wanted
from server.observability.hand_in_curves import (
    EDGES,
    HOUR,
    MINUTE,
    HandInCurve,
    exponential,
    intervals,
    of_past,
    workers_for,
)
from server.observability.workers_wanted import curve_of, deadlines, most_wanted, wanted_soon
from server.submissions.models import State, Submission
from tests.support.people import make_student, make_submission

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _forget():
    workers_wanted.forget()


def test_the_usual_curve_has_its_submissions_and_no_more():
    curve = exponential(5, 2)

    assert sum(curve.each) == pytest.approx(5, rel=0.01)
    assert sum(share for share, (_, end) in zip(curve.each, intervals(), strict=True) if end < 0) == 0


@pytest.mark.parametrize("before", [5 * HOUR, 2 * HOUR, 50 * MINUTE, 7 * MINUTE, 1])
def test_the_rate_between_the_middles_follows_the_curve(before):
    curve = exponential(5, 2)

    assert curve.rate(before) == pytest.approx(5 / (2 * HOUR) * 2.718281828 ** (-before / (2 * HOUR)), rel=0.1)


def test_nobody_is_expected_outside_of_the_curve():
    curve = exponential()

    assert curve.rate(EDGES[0] + 1) == curve.rate(0) == curve.rate(-60) == 0


def test_a_past_curve_has_the_rate_of_each_student():
    curve = of_past([10 * MINUTE] * 30 + [-MINUTE] * 3, students=10)

    assert sum(curve.each) == pytest.approx(3.3)
    assert curve.rate(-2.5 * MINUTE) == pytest.approx(0.3 / (5 * MINUTE))


def test_more_busy_workers_need_relatively_fewer_idle_ones():
    assert [workers_for(busy) for busy in (0, 0.01, 1, 20.8, 100)] == [0, 1, 3, 30, 120]


@pytest.fixture
def large(course, assignment):
    """A course of forty students, with a deadline in an hour."""
    Enrollment.objects.filter(course=course, role=Role.STUDENT).delete()
    for _ in range(40):
        make_student(course)
    Assignment.objects.filter(pk=assignment.pk).update(due_at=NOW + timedelta(hours=1))
    assignment.refresh_from_db()
    return course


def the_only(found):
    (one,) = found
    return one


def test_a_deadline_knows_its_students_and_gradings(large, assignment):
    for seconds in (2.0, 4.0):
        row = make_submission(large.enrollments.first().user, assignment)
        graded = {"state": State.GRADED, "given": 1, "max": 1, "report": {"seconds": seconds}}
        Submission.objects.filter(pk=row.pk).update(**graded)

    one = the_only(deadlines(NOW, NOW + timedelta(hours=1)))

    assert (one.slug, one.students, one.runtime) == (assignment.slug, 40, "cpu")
    assert one.seconds == pytest.approx(3.1)
    assert one.busy(NOW) == pytest.approx(40 * exponential().rate(HOUR) * 3.1)


@pytest.mark.parametrize("change", [{"is_draft": True}, {"due_at": NOW + timedelta(days=30)}, {"due_at": None}])
def test_what_nobody_hands_in_soon_wants_no_worker(large, assignment, change):
    Assignment.objects.filter(pk=assignment.pk).update(**change)

    assert deadlines(NOW, NOW + timedelta(hours=1)) == []


def test_an_archived_course_wants_no_worker(large, assignment):
    type(large).objects.filter(pk=large.pk).update(archived_at=NOW)

    assert deadlines(NOW, NOW + timedelta(hours=1)) == []


def test_a_course_has_the_curve_of_its_deadlines(large, assignment):
    Assignment.objects.filter(pk=assignment.pk).update(due_at=NOW - timedelta(days=1))
    for seconds in (60, 120):
        row = make_submission(large.enrollments.first().user, assignment)
        Submission.objects.filter(pk=row.pk).update(submitted_at=NOW - timedelta(days=1, seconds=seconds))

    curve = curve_of(large, NOW)

    assert sum(curve.each) == pytest.approx(2 / 40)
    assert curve.rate(100) == pytest.approx(2 / 40 / (5 * MINUTE))


def test_a_small_course_gets_the_usual_curve(course, assignment):
    Assignment.objects.filter(pk=assignment.pk).update(due_at=NOW - timedelta(days=1))

    assert curve_of(course, NOW) == exponential()


def test_deadlines_at_the_same_time_add_up(large, assignment):
    one = the_only(deadlines(NOW, NOW + timedelta(hours=1)))
    steep = HandInCurve(each=tuple(1000 * share for share in one.curve.each))
    crowded = type(one)(**{name: getattr(one, name) for name in one.__slots__} | {"curve": steep})

    alone = most_wanted([crowded], NOW, one.due_at)["cpu"]
    both = most_wanted([crowded, crowded], NOW, one.due_at)["cpu"]

    assert alone > 20
    assert alone < both < 2 * alone


def test_the_metric_looks_ahead_as_far_as_set(large, assignment, settings):
    settings.SCALING_AHEAD = 600
    # Nothing until five minutes before the deadline, then everybody.
    each = [0.0] * (len(EDGES) - 1)
    each[EDGES.index(5 * MINUTE)] = 100.0
    workers_wanted._kept["curve", large.pk] = (float("inf"), HandInCurve(each=tuple(each)))

    early = wanted_soon(assignment.due_at - timedelta(seconds=1_100))
    workers_wanted._kept.pop("soon")
    in_time = wanted_soon(assignment.due_at - timedelta(seconds=850))

    assert early["cpu"] == 0
    assert in_time["cpu"] > 10


def test_the_command_shows_hours_and_deadlines(large, assignment):
    Assignment.objects.filter(pk=assignment.pk).update(due_at=timezone.now() + timedelta(hours=2))
    shown = StringIO()

    call_command("workers_wanted", "--hours", "4", stdout=shown)

    assert " 1 cpu\n" in shown.getvalue()
    assert f"{large.slug} {assignment.slug}: due " in shown.getvalue()
    assert "40 students" in shown.getvalue()


def test_the_command_says_if_nothing_is_due(db):
    shown = StringIO()

    call_command("workers_wanted", stdout=shown)

    assert shown.getvalue() == "No deadline is near.\n"
