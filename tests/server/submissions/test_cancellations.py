"""What cancelling costs, with a real Redis: before a case was put, after it, and if no grader answers."""

import json
import os
from datetime import timedelta

import pytest
import redis
from django.urls import reverse
from django.utils import timezone

from grader.protocol.reports import Outcome
from server.submissions import cancellations, services, tasks
from server.submissions.live import snapshots
from server.submissions.models import CancelCost, Kind, State, Submission
from server.submissions.statuses import statuses
from tests.support.people import make_report, make_submission, record

pytestmark = [pytest.mark.redis, pytest.mark.django_db]

RUNNING = {"state": "running", "case_put": False}
PUT = {"state": "running", "case_put": True}
# What a grader of an earlier version publishes.
OLD = {"state": "running", "case": 1, "of": 2}
PART = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def redis_keys(settings):
    settings.REDIS_URL = os.environ["REDIS_URL"]
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


@pytest.fixture
def taken(redis_keys):
    """Let a grader hold a submission, and publish its progress."""

    def take(submission, progress=None, *, held=True):
        if held:
            redis_keys.set(f"held:{submission.pk}", "", ex=60)
        if progress:
            redis_keys.set(f"progress:{submission.pk}", json.dumps(progress), ex=60)

    return take


@pytest.fixture
def cancel(django_capture_on_commit_callbacks):
    def cancel(submission):
        with django_capture_on_commit_callbacks(execute=True):
            assert services.cancel(submission)
        submission.refresh_from_db()
        return submission.cancel_cost

    return cancel


def stopped(submission, *, case_put, token=None):
    """Let a grader answer that it stopped the run."""
    tasks.record({"submission": str(submission.pk), "token": token or submission.token, "case_put": case_put})
    submission.refresh_from_db()
    return submission.cancel_cost


def grader_died(submission, redis_keys):
    redis_keys.delete(f"held:{submission.pk}")
    Submission.objects.filter(pk=submission.pk).update(finished_at=timezone.now() - timedelta(minutes=1))


def used(student, assignment):
    return statuses(student, assignment.course)[0].used


def test_what_no_grader_has_costs_nothing_and_is_marked(student, assignment, cancel, redis_keys):
    submission = make_submission(student, assignment)

    assert cancel(submission) == CancelCost.NONE
    assert redis_keys.exists(f"cancelled:{submission.pk}")
    assert used(student, assignment) == 0


@pytest.mark.parametrize(("case_put", "cost"), [(False, CancelCost.NONE), (True, CancelCost.ATTEMPT)])
def test_the_grader_that_stopped_it_decides(student, assignment, cancel, taken, case_put, cost):
    submission = make_submission(student, assignment)
    taken(submission, RUNNING)

    assert cancel(submission) == CancelCost.UNKNOWN
    assert used(student, assignment) == 1
    assert stopped(submission, case_put=case_put) == cost
    assert used(student, assignment) == int(case_put)
    assert submission.given is None


def test_a_grader_that_failed_after_a_case_counts_too(student, assignment, cancel, taken):
    """The next grader finds the job cancelled and has put nothing itself."""
    submission = make_submission(student, assignment)
    taken(submission, PUT)
    cancel(submission)

    assert stopped(submission, case_put=False) == CancelCost.ATTEMPT


def test_between_two_tries_the_earlier_one_counts(student, assignment, cancel, taken):
    submission = make_submission(student, assignment)
    taken(submission, PUT, held=False)

    assert cancel(submission) == CancelCost.ATTEMPT


@pytest.mark.parametrize(
    ("progress", "cost"),
    [
        (None, CancelCost.NONE),
        (RUNNING, CancelCost.NONE),
        (PUT, CancelCost.ATTEMPT),
        (OLD, CancelCost.ATTEMPT),
        ({"state": "running"}, CancelCost.ATTEMPT),
    ],
)
def test_if_the_grader_dies_its_last_progress_decides(student, assignment, cancel, taken, redis_keys, progress, cost):
    submission = make_submission(student, assignment)
    taken(submission, progress)
    cancel(submission)
    tasks.reconcile()
    assert Submission.objects.get().cancel_cost == CancelCost.UNKNOWN

    grader_died(submission, redis_keys)
    tasks.reconcile()

    assert Submission.objects.get().cancel_cost == cost


def test_a_grader_that_still_works_on_it_is_waited_for(student, assignment, cancel, taken):
    submission = make_submission(student, assignment)
    taken(submission, OLD)
    cancel(submission)
    Submission.objects.update(finished_at=timezone.now() - timedelta(minutes=1))

    tasks.reconcile()

    assert Submission.objects.get().cancel_cost == CancelCost.UNKNOWN


@pytest.mark.parametrize(
    ("outcome", "cost"), [(Outcome.GRADED, CancelCost.ATTEMPT), (Outcome.UNGRADABLE, CancelCost.NONE)]
)
def test_a_report_that_comes_too_late_says_what_was_put(student, assignment, cancel, taken, outcome, cost):
    submission = make_submission(student, assignment)
    taken(submission, OLD)
    cancel(submission)

    record(submission, make_report(outcome=outcome))

    submission.refresh_from_db()
    assert (submission.state, submission.given, submission.cancel_cost) == (State.CANCELLED, None, cost)


def test_the_first_answer_is_final(student, assignment, cancel, taken):
    submission = make_submission(student, assignment)
    taken(submission, RUNNING)
    cancel(submission)
    stopped(submission, case_put=True)

    assert stopped(submission, case_put=False) == CancelCost.ATTEMPT


def test_an_answer_with_another_token_changes_nothing(student, assignment, cancel, taken):
    submission = make_submission(student, assignment)
    taken(submission, RUNNING)
    cancel(submission)

    assert stopped(submission, case_put=False, token="another") == CancelCost.UNKNOWN


def test_an_answer_about_an_open_submission_changes_nothing(student, assignment):
    submission = make_submission(student, assignment)

    stopped(submission, case_put=True)

    assert (submission.state, submission.counts) == (State.QUEUED, True)


@pytest.mark.parametrize("odd", [None, "no", 0, [], {}])
def test_an_odd_answer_counts_against_the_learner_never_as_free(student, assignment, cancel, taken, odd):
    submission = make_submission(student, assignment)
    taken(submission, RUNNING)
    cancel(submission)

    assert stopped(submission, case_put=odd) == CancelCost.ATTEMPT


def test_without_a_broker_the_cost_is_settled_later(student, assignment, cancel, settings, redis_keys):
    submission = make_submission(student, assignment)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert cancel(submission) == CancelCost.UNKNOWN

    settings.REDIS_URL = os.environ["REDIS_URL"]
    Submission.objects.update(finished_at=timezone.now() - timedelta(minutes=1))
    tasks.reconcile()

    assert Submission.objects.get().cancel_cost == CancelCost.NONE
    assert redis_keys.exists(f"cancelled:{submission.pk}")


def test_a_test_run_never_uses_an_attempt(student, assignment, cancel, taken, redis_keys):
    submission = make_submission(student, assignment, kind=Kind.TEST_RUN)
    taken(submission, PUT)

    assert cancel(submission) == CancelCost.NONE
    assert redis_keys.exists(f"cancelled:{submission.pk}")


def test_a_settled_cost_is_a_change_for_readers(student, assignment, cancel, taken):
    submission = make_submission(student, assignment)
    taken(submission, RUNNING)
    cancel(submission)
    before = submission.finished_at

    stopped(submission, case_put=True)

    assert submission.finished_at > before


def test_the_last_attempt_can_be_used_up_by_cancelling(student, make_assignment_of, cancel, taken):
    assignment = make_assignment_of(attempts=1)
    submission = make_submission(student, assignment)
    taken(submission, RUNNING)
    cancel(submission)
    stopped(submission, case_put=True)

    with pytest.raises(services.NotNow, match="attempts are used"):
        services.submit(learner=student, assignment=assignment, source="x = 1")


@pytest.fixture
def make_assignment_of(assignment):
    def change(**terms):
        for name, value in terms.items():
            setattr(assignment, name, value)
        assignment.save()
        return assignment

    return change


@pytest.mark.parametrize(
    ("progress", "text", "note"),
    [
        (None, "Waiting for a grader", "Cancelling now uses no attempt."),
        (RUNNING, "Starting a sandbox", "Cancelling now uses no attempt."),
        (RUNNING | {"seconds": 0.5, "limit": 10}, "Loading your code", "Cancelling now uses no attempt."),
        (PUT, "Loading your code", "Cancelling now uses this attempt."),
        (PUT | {"case": 2, "of": 5}, "Running case 2 of 5", "Cancelling now uses this attempt."),
        ({"state": "running"}, "Starting your code", "Cancelling now uses this attempt."),
    ],
)
def test_the_page_says_what_cancelling_costs(client, student, assignment, taken, progress, text, note):
    submission = make_submission(student, assignment)
    taken(submission, progress)
    client.force_login(student)

    page = client.get(reverse("submissions:result", args=[submission.pk])).text

    assert text in page
    assert note in page


def test_the_page_shows_the_time_that_a_run_has_used(student, assignment, taken):
    submission = make_submission(student, assignment)
    taken(submission, PUT | {"case": 1, "of": 3, "seconds": 3.2, "limit": 10.0})

    assert snapshots.snapshot(submission).to_dict()["time"] == "3 s of 10 s"


def test_a_test_run_has_no_note(student, assignment, taken):
    submission = make_submission(student, assignment, kind=Kind.TEST_RUN)
    taken(submission, PUT)

    assert snapshots.snapshot(submission).cancel_note == ""


def post(client, submission, **form):
    address = reverse("submissions:cancel", args=[submission.pk])
    return client.post(address, form, headers=PART).text


def test_a_promise_that_no_longer_holds_is_not_broken(client, student, assignment, taken):
    """The page said that cancelling is free; the first case was put just before the learner pressed the button."""
    submission = make_submission(student, assignment)
    taken(submission, PUT)
    client.force_login(student)

    page = post(client, submission, free="")

    submission.refresh_from_db()
    assert submission.is_open
    assert "Not cancelled" in page
    assert "uses this attempt" in page

    post(client, submission)
    submission.refresh_from_db()
    assert submission.state == State.CANCELLED


def test_the_page_shows_each_step_of_a_cancellation(client, student, assignment, taken):
    submission = make_submission(student, assignment)
    taken(submission, PUT)
    client.force_login(student)

    assert "your code is being stopped" in post(client, submission)
    assert not snapshots.snapshot(Submission.objects.get()).over
    stopped(submission, case_put=True)

    page = client.get(reverse("submissions:result", args=[submission.pk])).text
    assert "It used an attempt" in page
    assert snapshots.snapshot(Submission.objects.get()).over


def test_two_cancellations_at_once_are_one(student, assignment, cancel):
    submission = make_submission(student, assignment)
    cancel(submission)

    assert not services.cancel(submission)


def test_nothing_is_settled_twice_by_the_periodic_task(student, assignment, cancel, taken, django_assert_num_queries):
    submission = make_submission(student, assignment)
    taken(submission, RUNNING)
    cancel(submission)
    stopped(submission, case_put=False)

    with django_assert_num_queries(1):
        cancellations.settle_overdue()
