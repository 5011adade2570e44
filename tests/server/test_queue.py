import pytest
from django.db import transaction
from kombu.exceptions import OperationalError

from grader.telemetry import logs
from server.celery import app
from server.queue import LAST, publish, publish_after_commit, publish_or_raise, reply


@pytest.fixture
def no_broker(monkeypatch):
    def unreachable(*_, **__):
        raise OperationalError

    monkeypatch.setattr(app, "send_task", unreachable)


def test_a_task_is_published_with_its_reply(queued):
    assert publish("grader.grade", {"a": 1}, queue="grading.cpu", link=reply("submissions.record", token="t"))

    ((task, args, embed),) = queued("grading.cpu")
    assert (task, args) == ("grader.grade", [{"a": 1}])
    (link,) = embed["callbacks"]
    assert (link["task"], link["kwargs"], link["options"]["queue"]) == ("submissions.record", {"token": "t"}, "records")


def test_a_message_carries_the_request_id():
    with app.connection_for_write() as connection, connection.SimpleQueue("grading.cpu") as simple:
        with logs.bound(request_id="r-1"):
            publish("grader.grade", queue="grading.cpu", priority=LAST)
        message = simple.get(block=False)
        message.ack()

    assert message.headers["request_id"] == "r-1"
    assert message.properties["priority"] == LAST


@pytest.mark.parametrize("task", ["grader.grade", "submissions.sweep"])
def test_without_a_broker_publishing_returns_false(task, no_broker):
    assert not publish(task)


def test_a_caller_can_ask_for_the_error(no_broker):
    with pytest.raises(OperationalError):
        publish_or_raise("grader.grade")


def test_nothing_is_published_if_the_transaction_is_rolled_back(db, queued, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        with transaction.atomic():
            publish_after_commit("grader.grade", queue="grading.cpu")
            transaction.set_rollback(True)
        publish_after_commit("grader.run_snippet", queue="grading.cpu")
        assert queued() == []

    assert [task for task, _, _ in queued()] == ["grader.run_snippet"]
