import pytest
from django.db import transaction
from kombu.exceptions import OperationalError

from server.celery import app
from server.submissions.models import State, Submission
from server.submissions.queue.dispatch import waiting_in
from tests.support.people import make_assignment, make_submission, write_exercise


@pytest.fixture
def after_commit(django_capture_on_commit_callbacks):
    """Run the commit hooks when the block ends."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_nothing_is_queued_before_the_commit(student, assignment, queued):
    make_submission(student, assignment)

    assert queued() == []


def test_a_committed_submission_is_queued_with_its_reply_tasks(student, assignment, queued, after_commit):
    with after_commit():
        submission = make_submission(student, assignment)

    ((task, args, embed),) = queued()
    assert task == "grader.grade"
    assert args == [submission.job().to_dict()]
    (link,), (link_error,) = embed["callbacks"], embed["errbacks"]
    assert (link["task"], link["options"]["queue"]) == ("submissions.record", "records")
    assert (link_error["task"], link_error["options"]["queue"]) == ("submissions.record_failure", "records")
    assert link_error["kwargs"] == {"submission": str(submission.pk), "token": submission.token}


def test_a_rolled_back_submission_is_never_queued(student, assignment, queued, after_commit):
    with after_commit(), transaction.atomic():
        make_submission(student, assignment)
        transaction.set_rollback(True)

    assert queued() == []
    assert not Submission.objects.exists()


def test_each_runtime_has_a_queue_of_its_own(exercises, queued, after_commit, db):
    write_exercise(exercises, "nets/on-gpu", runtime="gpu")
    assignment = make_assignment(slug="nets/on-gpu", exercise="nets/on-gpu")
    with after_commit():
        make_submission(None, assignment)

    assert waiting_in("gpu") == 1
    assert queued("grading.cpu") == []
    assert len(queued("grading.gpu")) == 1


def test_a_queue_that_nobody_used_is_empty():
    assert waiting_in("quantum") == 0


def test_without_a_broker_the_submission_is_kept_and_waits(student, assignment, after_commit, monkeypatch):
    def unreachable(*_, **__):
        raise OperationalError

    monkeypatch.setattr(app, "send_task", unreachable)
    with after_commit():
        submission = make_submission(student, assignment)

    submission.refresh_from_db()
    assert submission.state == State.QUEUED
