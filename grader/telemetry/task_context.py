"""Celery's part of the logs: each line of a task carries the task's id and the id of the request that it came from."""

from contextlib import ExitStack
from typing import Any

from celery import Task
from celery.signals import setup_logging, task_postrun, task_prerun

from grader.telemetry import logs, metrics

_bound: dict[str, ExitStack] = {}


def connect() -> None:
    """Make the Celery apps of this process log as `grader.telemetry.logs` does, with the ids of the current task."""
    setup_logging.connect(_configure)
    task_prerun.connect(_bind)
    task_postrun.connect(_unbind)


def _configure(**_: Any) -> None:
    logs.configure(count=metrics.count_line)


def _bind(task_id: str, task: Task, **_: Any) -> None:
    ids = {"task": task.name, "task_id": task_id}
    known = logs.valid_request_id(getattr(task.request, logs.HEADER, None))
    stack = _bound[task_id] = ExitStack()
    stack.enter_context(logs.bound(**ids, **({} if known is None else {"request_id": known})))


def _unbind(task_id: str, **_: Any) -> None:
    with _bound.pop(task_id, ExitStack()):
        pass
