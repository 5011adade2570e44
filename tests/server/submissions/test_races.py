"""What happens if two requests come at the same time: real threads, real transactions."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from server.gradebook import slip_days
from server.submissions import services
from server.submissions.errors import NotNow, TooManyOpen
from server.submissions.models import State, Submission
from server.submissions.queue import dispatch, turns, worker_presence
from server.submissions.services import RecordResult
from tests.support.people import make_assignment, make_course, make_report, make_student, make_submission, record

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 6


def together(work, number=AT_ONCE):
    """Run `work(number)` in several threads that start at the same moment; return what each returned or raised."""
    barrier = threading.Barrier(number)

    def one(place):
        barrier.wait()
        try:
            return work(place)
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


def test_concurrent_submissions_cannot_exceed_the_attempts():
    assignment = make_assignment(attempts=2)
    student = make_student(assignment.course)

    results = together(lambda _: services.submit(learner=student, assignment=assignment, source="x = 1"))

    assert sum(isinstance(result, Submission) for result in results) == 2
    assert sum(isinstance(result, NotNow) for result in results) == AT_ONCE - 2
    assert sorted(Submission.objects.values_list("number", flat=True)) == [1, 2]


def test_of_several_reports_at_once_exactly_one_is_written():
    submission = make_submission()

    results = together(lambda number: record(submission, make_report(number)))

    assert results.count(RecordResult.WRITTEN) == 1
    assert results.count(RecordResult.ALREADY_OVER) == AT_ONCE - 1
    submission.refresh_from_db()
    assert submission.given == results.index(RecordResult.WRITTEN)


def test_two_reports_at_once_on_one_exercise_both_count():
    assignment = make_assignment()
    students = [make_student(assignment.course) for _ in range(3)]
    rows = [make_submission(one, assignment, source=f"x = {at}") for one in students for at in range(2)]

    together(lambda number: record(rows[number], make_report(4 + number % 2)))

    grades = assignment.grades.values_list("used", "raw")
    assert list(grades) == [(2, 50)] * 3


def test_two_reports_at_once_share_one_pool_of_slip_days(monkeypatch):
    course = make_course(slip_days=1)
    due = timezone.now() - timedelta(hours=2)
    student = make_student(course)
    rows = [
        make_submission(
            student,
            make_assignment(course, slug=f"unit/{hours}", due_at=due, late_percent_per_day=10),
            submitted_at=due + timedelta(hours=hours),
        )
        for hours in (1, 1.5)
    ]
    shares = slip_days.shares

    def read_and_wait(*args):
        found = shares(*args)
        time.sleep(0.3)  # long enough for the other to read the same, if nothing keeps it from that
        return found

    monkeypatch.setattr(slip_days, "shares", read_and_wait)

    together(lambda number: record(rows[number]), 2)

    # The only day belongs to the work that was handed in first.
    assert [(one.final, one.slip_days) for one in student.grades.order_by("assignment")] == [(100, 1), (90, 0)]


def test_exactly_one_of_report_and_cancellation_wins():
    submission = make_submission()

    results = together(lambda number: services.cancel(submission) if number % 2 else record(submission))

    submission.refresh_from_db()
    cancelled, written = results.count(True), results.count(RecordResult.WRITTEN)
    assert (cancelled, written) in {(1, 0), (0, 1)}
    assert submission.state == (State.CANCELLED if cancelled else State.GRADED)


def test_forty_submissions_at_once_leave_five_open():
    assignment = make_assignment()
    student = make_student(assignment.course)

    results = together(lambda _: services.submit(learner=student, assignment=assignment, source="x = 1"), 40)

    assert Submission.objects.open().count() == turns.MOST_OPEN
    assert sum(isinstance(result, Submission) for result in results) == turns.MOST_OPEN
    assert sum(isinstance(result, TooManyOpen) for result in results) == 40 - turns.MOST_OPEN
    assert Submission.objects.with_graders("cpu").count() == 1


def test_several_who_give_turns_at_once_send_each_job_once(monkeypatch):
    monkeypatch.setattr(worker_presence, "processes", lambda runtime: 1)
    sent = []
    monkeypatch.setattr(dispatch, "send_after_commit", lambda row, *, priority=0: sent.append(row.pk))
    assignments = [make_assignment() for _ in range(3)]
    open_ones = [make_submission(None, assignment) for _ in range(4) for assignment in assignments]
    sent.clear()
    Submission.objects.filter(turn_at=None).update(state=State.CANCELLED)

    together(lambda _: turns.fill("cpu"), 8)

    assert len(sent) == len(set(sent))
    assert 2 <= len(sent) <= 3
    rows = Submission.objects.filter(pk__in=[one.pk for one in open_ones], tries__gt=0, state=State.QUEUED)
    assert {row.pk for row in rows} == set(sent)
    assert {row.tries for row in rows} == {1}
