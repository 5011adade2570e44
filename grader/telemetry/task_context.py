"""Celery's side of the logs: what a task writes carries the task's id and the id of the request that it came from."""

from contextlib import ExitStack
from typing import Any

from celery import Task
from celery.signals import setup_logging, task_postrun, task_prerun

from grader.telemetry import logs, metrics

_bound: dict[str, ExitStack] = {}


def follow() -> None:
    """Have the Celery apps of this process log as `grader.telemetry.logs` says, with the ids of the task at work."""
    setup_logging.connect(_configure)
    task_prerun.connect(_bind)
    task_postrun.connect(_unbind)


def _configure(**_: Any) -> None:
    logs.configure(count=metrics.count_line)


def _bind(task_id: str, task: Task, **_: Any) -> None:
    ids = {"task": task.name, "task_id": task_id}
    known = logs.understood(getattr(task.request, logs.HEADER, None))
    stack = _bound[task_id] = ExitStack()
    stack.enter_context(logs.bound(**ids, **({} if known is None else {"request_id": known})))


def _unbind(task_id: str, **_: Any) -> None:
    with _bound.pop(task_id, ExitStack()):
        pass
