from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from grader.protocol.reports import Outcome
from server.submissions import services
from server.submissions.errors import NotNow, Unstorable
from server.submissions.models import Kind, State, Submission
from server.submissions.services import RecordResult
from tests.support.people import make_report, make_submission, record


def submit(student, assignment, source="x = 1", **more):
    return services.submit(learner=student, assignment=assignment, source=source, **more)


def test_a_submission_is_committed_with_all_that_grading_needs(student, assignment):
    submission = submit(student, assignment, "def square(x): ...")
    job = submission.job()

    assert submission.state == State.QUEUED
    assert job.submission == str(submission.pk)
    assert job.source == "def square(x): ..."
    assert (job.exercise, job.runtime, job.scope) == ("gradients/square", "cpu", "all")
    assert len(job.digest) == 64
    assert 0 <= job.seed < 2**63


def test_a_check_runs_the_public_cases_only(student, assignment):
    assert submit(student, assignment, kind=Kind.TEST_RUN).job().scope == "public"


def test_submissions_are_numbered_by_kind(student, assignment):
    kinds = [Kind.SUBMIT, Kind.TEST_RUN, Kind.SUBMIT, Kind.TEST_RUN, Kind.TEST_RUN]

    assert [submit(student, assignment, kind=kind).number for kind in kinds] == [1, 1, 2, 2, 3]


def test_two_submissions_share_neither_token_nor_seed(student, assignment):
    one, other = submit(student, assignment), submit(student, assignment)

    assert one.token != other.token
    assert one.seed != other.seed


@pytest.mark.parametrize("source", ["", "   \n", "def f(:\n", "no python at all", "# " + "é" * 1000])
def test_any_storable_source_is_accepted(student, assignment, source):
    assert submit(student, assignment, source).source == source


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("x" * (256 * 1024 + 1), "at most 256 kB"),
        ("é" * (128 * 1024 + 1), "at most 256 kB"),
        ("print(1)\0", "NUL bytes"),
        ("print('\ufffd')", "UTF-8"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_sentence(student, assignment, source, complaint):
    with pytest.raises(Unstorable, match=complaint):
        submit(student, assignment, source)

    assert not Submission.objects.exists()


def test_half_a_character_is_refused(student, assignment):
    with pytest.raises(Unstorable, match="UTF-8"):
        submit(student, assignment, f"print({chr(0xD800)!s})")


def test_after_the_last_attempt_no_more_are_taken(student, assignment):
    assignment.attempts = 1
    submit(student, assignment)

    with pytest.raises(NotNow, match="All 1 attempts are used"):
        submit(student, assignment)


def test_code_that_did_not_load_leaves_the_attempt(student, assignment):
    assignment.attempts = 1
    record(submit(student, assignment), make_report(0, outcome=Outcome.UNGRADABLE))

    assert submit(student, assignment).number == 2


def test_the_cooldown_says_how_long_it_lasts(student, assignment):
    assignment.cooldown_seconds = 30
    submit(student, assignment)

    with pytest.raises(NotNow, match=r"another (29|30) seconds"):
        submit(student, assignment)


def test_the_attempts_of_others_are_theirs(student, assignment):
    assignment.attempts = 1
    make_submission(None, assignment)

    submit(student, assignment)


def test_a_report_is_written_once(student, assignment):
    submission = submit(student, assignment)

    assert record(submission, make_report(7)) == RecordResult.WRITTEN
    assert record(submission, make_report(10)) == RecordResult.ALREADY_OVER
    submission.refresh_from_db()
    assert (submission.state, submission.given, submission.max) == (State.GRADED, 7, 10)
    assert submission.finished_at is not None


def test_a_report_with_a_forged_token_is_refused(student, assignment):
    submission = submit(student, assignment)

    assert record(submission, token="forged") == RecordResult.WRONG_TOKEN
    submission.refresh_from_db()
    assert submission.state == State.QUEUED


def test_a_report_of_another_submission_is_refused(student, assignment):
    mine, other = submit(student, assignment), submit(student, assignment)

    assert record(mine, token=other.token) == RecordResult.WRONG_TOKEN


def test_a_report_for_nothing_we_know_is_refused(db):
    unknown = "01890a5d-ac96-774b-bcce-b302099a8057"

    assert services.record(submission=unknown, token="t", report=make_report()) == RecordResult.WRONG_TOKEN


def test_an_ungradable_submission_has_no_score(student, assignment):
    submission = submit(student, assignment)
    record(submission, make_report(0, outcome=Outcome.UNGRADABLE))

    submission.refresh_from_db()
    assert (submission.state, submission.given, submission.max) == (State.UNGRADABLE, None, None)
    assert submission.report["outcome"] == "ungradable"


@pytest.mark.parametrize("outcome", [Outcome.TIMED_OUT, Outcome.OUT_OF_MEMORY, Outcome.CRASHED])
def test_code_that_was_stopped_is_scored_with_what_it_finished(student, assignment, outcome):
    submission = submit(student, assignment)
    record(submission, make_report(4, outcome=outcome))

    submission.refresh_from_db()
    assert (submission.state, submission.given) == (State.GRADED, 4)


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"outcome": "graded"},
        make_report() | {"outcome": "perfect"},
        make_report() | {"more": 1},
        make_report() | {"findings": "all passed"},
        make_report() | {"findings": []},
        make_report(slug="gradients/another"),
        make_report(11, 10),
        make_report(-1, 10),
        make_report(float("nan"), 10),
        make_report(1, float("inf")),
        make_report("10", "10"),
        make_report() | {"output": "NUL \0"},
        make_report() | {"output": "half of a pair \ud800"},
        make_report(data={"got": float("nan")}),
        None,
        [],
    ],
)
def test_a_malformed_report_is_ignored(student, assignment, report):
    submission = submit(student, assignment)

    result = services.record(submission=str(submission.pk), token=submission.token, report=report)

    submission.refresh_from_db()
    assert result == RecordResult.MALFORMED
    assert (submission.state, submission.given, submission.report) == (State.QUEUED, None, None)


def test_a_report_may_quote_how_nul_is_spelled(student, assignment):
    submission = submit(student, assignment)

    assert record(submission, make_report() | {"output": r"print('\u0000')"}) == RecordResult.WRITTEN


def test_a_failure_of_ours_is_counted_and_changes_nothing_else(student, assignment):
    submission = submit(student, assignment)

    assert services.record_failure(submission=str(submission.pk), token=submission.token) == RecordResult.WRITTEN
    submission.refresh_from_db()
    assert submission.failures == 1
    assert (submission.state, submission.given, submission.counts) == (State.QUEUED, None, True)


def test_a_failure_that_is_told_twice_counts_once(student, assignment):
    submission = submit(student, assignment)
    for _ in range(2):
        services.record_failure(submission=str(submission.pk), token=submission.token)

    submission.refresh_from_db()
    assert submission.failures == 1


def test_a_late_failure_never_overwrites_a_report(student, assignment):
    submission = submit(student, assignment)
    record(submission)

    assert services.record_failure(submission=str(submission.pk), token=submission.token) == RecordResult.ALREADY_OVER
    submission.refresh_from_db()
    assert submission.state == State.GRADED


def test_a_failure_with_a_forged_token_is_refused(student, assignment):
    submission = submit(student, assignment)

    assert services.record_failure(submission=str(submission.pk), token="forged") == RecordResult.WRONG_TOKEN


def test_a_cancelled_submission_stays_cancelled_whatever_comes_back(student, assignment):
    submission = submit(student, assignment)

    assert services.cancel(submission)
    assert record(submission) == RecordResult.ALREADY_OVER
    submission.refresh_from_db()
    assert (submission.state, submission.given) == (State.CANCELLED, None)


def test_what_is_graded_cannot_be_cancelled(student, assignment):
    submission = submit(student, assignment)
    record(submission)

    assert not services.cancel(submission)
    submission.refresh_from_db()
    assert submission.state == State.GRADED


def test_a_report_after_giving_up_is_still_recorded(student, assignment):
    submission = make_submission(student, assignment, state=State.ERROR)

    assert record(submission) == RecordResult.WRITTEN


def test_what_staff_requeue_answers_to_a_new_token_only(student, assignment):
    submission = make_submission(student, assignment, state=State.ERROR, tries=5)
    old = submission.token

    assert services.requeue(submission)
    submission.refresh_from_db()
    assert (submission.state, submission.tries) == (State.QUEUED, 0)
    assert submission.turn_at is not None
    assert record(submission, token=old) == RecordResult.WRONG_TOKEN
    assert record(submission) == RecordResult.WRITTEN


def test_only_our_errors_can_be_requeued(student, assignment):
    submission = submit(student, assignment)

    assert not services.requeue(submission)


def test_the_database_itself_refuses_a_score_without_a_grade(student, assignment):
    submission = submit(student, assignment)

    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.filter(pk=submission.pk).update(given=0, max=10)


def test_submissions_close_with_the_assignment(student, assignment):
    assignment.closes_at = timezone.now() - timedelta(seconds=1)

    with pytest.raises(NotNow, match="closed on"):
        submit(student, assignment)
