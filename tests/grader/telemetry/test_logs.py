"""What gets into the logs, and what must not."""

import io
import json
import logging
import sys

import pytest
import structlog
from celery import Celery
from celery.app.trace import build_tracer
from structlog.contextvars import get_contextvars

from grader.telemetry import logs, metrics, task_context


@pytest.fixture
def written(monkeypatch):
    """Return what is logged from here on, in a style. Logging is restored afterwards."""
    root, stream = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level
    monkeypatch.setitem(logs._current, "style", "text")
    monkeypatch.delenv("CHAINRULE_LOGS", raising=False)
    levels = {name: logging.getLogger(name).level for name in logs._QUIET}

    def configure(style, **options):
        monkeypatch.setattr(sys, "stderr", stream)
        logs.configure(style, **options)
        return stream

    yield configure
    structlog.reset_defaults()
    root.handlers[:], root.level = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_a_json_line_has_the_bound_ids(written):
    stream = written(logs.JSON)

    with logs.bound(request_id="r1", submission="s1"):
        structlog.get_logger("grader.worker.tasks").info("graded", given=10)
    structlog.get_logger("grader.worker.tasks").info("idle")

    first, second = map(json.loads, stream.getvalue().splitlines())
    assert {
        "event": "graded",
        "level": "info",
        "request_id": "r1",
        "submission": "s1",
        "given": 10,
    }.items() <= first.items()
    assert "request_id" not in second


def test_configuring_again_without_a_style_keeps_the_style(written):
    written(logs.JSON)
    stream = written(None)

    structlog.get_logger().info("ready")

    assert json.loads(stream.getvalue())["event"] == "ready"


def test_lines_of_libraries_have_the_same_format(written):
    stream = written(logs.JSON)

    with logs.bound(request_id="r1"):
        logging.getLogger("celery.worker").warning("lost %s", "something")

    line = json.loads(stream.getvalue())
    assert (line["event"], line["logger"], line["request_id"]) == ("lost something", "celery.worker", "r1")


@pytest.mark.parametrize("style", [logs.JSON, "text"])
def test_values_with_secret_names_are_hidden_at_any_depth(written, style):
    stream = written(style)

    structlog.get_logger().info(
        "sent", password="hush", headers={"Authorization": "hush", "Deep": {"id_token": "hush"}}
    )

    assert "hush" not in stream.getvalue()
    assert "[hidden]" in stream.getvalue()


@pytest.mark.parametrize("style", [logs.JSON, "text"])
def test_a_traceback_shows_no_values_of_variables(written, style):
    stream = written(style)
    password = "".join(["hu", "sh"])

    try:
        _ = {}[len(password)]
    except KeyError:
        structlog.get_logger().exception("failed")

    assert "Traceback" in stream.getvalue()
    assert "hush" not in stream.getvalue()


def test_errors_are_counted_by_event_or_by_logger(written):
    written("text", count=metrics.count_line)
    names = ["gave_up", "celery.app.trace", "other"]
    before = [metrics.errors.labels(name)._value.get() for name in names]

    structlog.get_logger().error("gave_up")
    structlog.get_logger().warning("gave_up")
    logging.getLogger("celery.app.trace").error("Task 123 failed")
    logging.getLogger("django.security.DisallowedHost").error("Invalid HTTP_HOST header")
    structlog.get_logger().error("{'what': 'no name'}")

    assert [metrics.errors.labels(name)._value.get() for name in names] == [count + 1 for count in before]


@pytest.mark.parametrize("given", ["", "a b", "a\nb", "x" * 65, "ü", None, 7, '"}'])
def test_an_unsafe_request_id_is_refused(given):
    assert logs.valid_request_id(given) is None
    assert logs.valid_request_id("3f2a-B_1.x") == "3f2a-B_1.x"


def test_a_task_carries_its_request_id():
    assert logs.carried() == {}
    with logs.bound(request_id="r1"):
        assert logs.carried() == {"request_id": "r1"}


@pytest.mark.parametrize(("carried", "known"), [("r1", "r1"), ("a\nb", None), (None, None)])
def test_only_lines_of_a_task_carry_its_ids(carried, known):
    task_context.connect()
    app = Celery("traced", set_as_current=False)

    @app.task(name="seen", shared=False)  # not a task of every other app in this process
    def seen():
        return get_contextvars()

    run = build_tracer("seen", seen, app=app)

    done = run("t1", (), {}, request={"id": "t1"} | ({} if carried is None else {logs.HEADER: carried}))

    assert done.retval == {"task": "seen", "task_id": "t1"} | ({"request_id": known} if known else {})
    assert "task_id" not in get_contextvars()


def test_a_worker_counts_its_errors(written):
    stream = written(logs.JSON)
    before = metrics.errors.labels("worker_broke")._value.get()

    task_context._configure()
    structlog.get_logger().error("worker_broke")

    assert json.loads(stream.getvalue())["event"] == "worker_broke"
    assert metrics.errors.labels("worker_broke")._value.get() == before + 1
