"""What happens if two requests come at the same time: real threads, real transactions."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from server.submissions import services
from server.submissions.errors import NotNow
from server.submissions.models import State, Submission
from server.submissions.services import RecordResult
from tests.support.people import make_assignment, make_report, make_student, make_submission, record

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 6


def together(work):
    """Run `work(number)` in several threads that start at the same moment; return what each returned or raised."""
    barrier = threading.Barrier(AT_ONCE)

    def one(number):
        barrier.wait()
        try:
            return work(number)
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


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


def test_exactly_one_of_report_and_cancellation_wins():
    submission = make_submission()

    results = together(lambda number: services.cancel(submission) if number % 2 else record(submission))

    submission.refresh_from_db()
    cancelled, written = results.count(True), results.count(RecordResult.WRITTEN)
    assert (cancelled, written) in {(1, 0), (0, 1)}
    assert submission.state == (State.CANCELLED if cancelled else State.GRADED)
