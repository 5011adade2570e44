"""Names and arguments of tasks: messages in the queue depend on them when the code changes."""

import pytest
from celery.exceptions import Retry
from django.db import InterfaceError, OperationalError, connection

from server.celery import app, close_bad_connections, prepare_connections
from server.submissions.models import State
from tests.support.people import make_report, make_submission

# As a worker does when it starts.
app.loader.import_default_modules()


@pytest.mark.parametrize("name", ["submissions.record", "submissions.record_failure", "submissions.sweep"])
def test_the_task_is_known_by_its_written_name(name):
    assert name in app.tasks


def test_what_a_grader_returns_is_recorded(assignment):
    submission = make_submission(None, assignment)
    graded = {"submission": str(submission.pk), "token": submission.token, "report": make_report()}

    app.tasks["submissions.record"](graded)

    submission.refresh_from_db()
    assert submission.state == State.GRADED


def test_a_failure_carries_submission_and_token(assignment):
    submission = make_submission(None, assignment)
    before = submission.leased_until

    app.tasks["submissions.record_failure"]("task-id", submission=str(submission.pk), token=submission.token)

    submission.refresh_from_db()
    assert (submission.failures, submission.leased_until != before) == (1, True)


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_report_is_kept_while_the_database_is_away(assignment, monkeypatch, error):
    submission = make_submission(None, assignment)
    graded = {"submission": str(submission.pk), "token": submission.token, "report": make_report()}

    def away(**_):
        raise error("the database system is shutting down")

    monkeypatch.setattr("server.submissions.services.record", away)

    task = app.tasks["submissions.record"]
    monkeypatch.setattr(task, "retry", lambda **_: Retry("again"))

    with pytest.raises(Retry):
        task(graded)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("name", "is_trusted"), [("submissions.record", True), ("submissions.sweep", False)])
def test_only_a_task_that_is_retried_trusts_a_used_connection(name, is_trusted):
    connection.ensure_connection()
    close_bad_connections(app.tasks["submissions.record"])

    prepare_connections(app.tasks[name])

    assert connection.health_check_done is is_trusted


def test_reconcile_runs_every_three_seconds_on_the_records_queue():
    entry = app.conf.beat_schedule["sweep"]

    assert (entry["task"], entry["schedule"], entry["options"]["queue"]) == ("submissions.sweep", 3, "records")
