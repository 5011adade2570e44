from datetime import timedelta

import pytest
from django.utils import timezone

from server.submissions import services
from server.submissions.models import State
from server.submissions.queue import reconcile as reconcile_module
from server.submissions.queue import turns
from server.submissions.queue.reconcile import Reconciled, reconcile
from server.submissions.services import RecordResult
from tests.support.people import make_submission, record


@pytest.fixture
def in_queue(monkeypatch):
    """Set how many jobs are in the queue."""

    def set_length(number):
        monkeypatch.setattr(reconcile_module, "waiting_in", lambda runtime: number)

    set_length(0)
    return set_length


def overdue(assignment, *, minutes=5, **fields):
    """A submission that was sent so long ago that its lease has run out."""
    then = timezone.now() - timedelta(minutes=minutes)
    return make_submission(None, assignment, sent_at=then, leased_until=then, **fields)


def again(submission):
    submission.refresh_from_db()
    return submission


def test_a_lost_submission_is_sent_again_with_the_same_token(assignment, in_queue, queued, monkeypatch):
    sent = []
    monkeypatch.setattr("server.submissions.queue.dispatch.send_after_commit", sent.append)
    lost = overdue(assignment)
    sent.clear()

    assert reconcile() == [Reconciled(resent=1)]
    assert sent == [lost]
    assert (again(lost).tries, again(lost).token) == (2, lost.token)
    assert again(lost).leased_until > timezone.now()


def test_what_is_within_its_lease_is_left_alone(assignment, in_queue):
    submission = make_submission(None, assignment)

    assert reconcile() == [Reconciled()]
    assert again(submission).tries == 1


def test_a_lease_from_a_fast_clock_hides_no_loss(assignment, in_queue, queued):
    lost = overdue(assignment, minutes=-60)
    in_queue(0)

    assert reconcile() == [Reconciled(resent=1)]
    assert again(lost).leased_until < timezone.now() + timedelta(minutes=1)


def test_what_still_lies_in_the_queue_is_left_alone(assignment, in_queue):
    waits = overdue(assignment)
    in_queue(1)

    assert reconcile() == [Reconciled(waiting=1)]
    assert again(waits).tries == 1


def test_what_a_worker_has_in_hand_is_left_alone(assignment, in_queue, monkeypatch):
    runs, lost = overdue(assignment), overdue(assignment)
    monkeypatch.setattr(reconcile_module, "in_flight", lambda jobs: {runs.pk} & set(jobs))

    assert reconcile() == [Reconciled(held=1, resent=1)]
    assert [again(one).tries for one in (runs, lost)] == [1, 2]


def test_the_oldest_overdue_submissions_are_the_lost_ones(assignment, in_queue):
    oldest, older, newest = (overdue(assignment, minutes=minutes) for minutes in (30, 20, 10))
    in_queue(1)

    assert reconcile() == [Reconciled(waiting=1, resent=2)]
    assert [again(one).tries for one in (oldest, older, newest)] == [2, 2, 1]


@pytest.mark.parametrize("spent", [{"failures": 5}, {"tries": 30}])
def test_after_the_last_try_it_ends_as_a_grading_error(assignment, in_queue, spent):
    hopeless = overdue(assignment, **spent)

    assert reconcile() == [Reconciled(given_up=1)]
    assert (again(hopeless).state, again(hopeless).given) == (State.ERROR, None)
    assert not again(hopeless).counts


def test_repeated_reconciliation_tries_a_bounded_number_of_times(assignment, in_queue, settings):
    settings.GRADING_LEASE = -1
    hopeless = overdue(assignment)
    for _ in range(settings.GRADING_SENDS + 3):
        reconcile()

    assert again(hopeless).state == State.ERROR
    assert again(hopeless).tries == settings.GRADING_SENDS


def test_the_lease_grows_only_after_many_losses(settings):
    leases = [
        services.lease(tries).total_seconds() for tries in (1, settings.GRADING_TRIES, settings.GRADING_TRIES + 2)
    ]

    assert leases == [settings.GRADING_LEASE, settings.GRADING_LEASE, 4 * settings.GRADING_LEASE]
    assert services.lease(settings.GRADING_SENDS) == turns.LONGEST_LEASE


def test_lost_submissions_are_given_up_later_than_failed_ones(assignment, in_queue, settings):
    unlucky = overdue(assignment, tries=settings.GRADING_TRIES + 1)

    assert reconcile() == [Reconciled(resent=1)]
    assert again(unlucky).state == State.QUEUED


def test_a_failure_is_tried_again_after_its_wait(assignment, in_queue, settings):
    settings.GRADING_BACKOFF = -1
    failed = make_submission(None, assignment)
    services.record_failure(submission=str(failed.pk), token=failed.token)

    assert turns.fill("cpu") == 1
    assert (again(failed).tries, again(failed).turn_at) == (2, None)


def test_the_wait_after_a_failure_grows(assignment, settings):
    settings.GRADING_BACKOFF = 5
    waits = []
    for failures in (0, 1, 2):
        failed = make_submission(None, assignment, failures=failures, tries=1 + failures)
        services.record_failure(submission=str(failed.pk), token=failed.token)
        waits.append((again(failed).leased_until - failed.submitted_at).total_seconds())

    assert [round(wait) for wait in waits] == [5, 10, 20]


def test_after_the_last_failure_it_ends_at_once(assignment, settings):
    last = settings.GRADING_TRIES
    failed = make_submission(None, assignment, failures=last - 1, tries=last)
    services.record_failure(submission=str(failed.pk), token=failed.token)

    assert again(failed).state == State.ERROR


def test_the_first_report_wins_over_a_second_try(assignment, in_queue):
    slow = overdue(assignment)
    reconcile()

    assert record(slow) == RecordResult.WRITTEN
    assert record(slow) == RecordResult.ALREADY_OVER
    assert reconcile() == []


@pytest.mark.parametrize("state", [State.UNGRADABLE, State.ERROR, State.CANCELLED])
def test_finished_submissions_are_never_sent_again(assignment, in_queue, state):
    over = overdue(assignment, state=state)

    assert reconcile() == []
    assert again(over).state == state


def test_a_running_submission_whose_worker_vanished_is_sent_again(assignment, in_queue):
    orphan = overdue(assignment, state=State.RUNNING)

    assert reconcile() == [Reconciled(resent=1)]
    assert again(orphan).is_open
