"""The grading worker: a Celery app. Its tasks are lines around `grader.grading.pipeline.grade` and `grader.grading.snippet_run`.

It knows the broker and the container engine, nothing else: no database, no Django. Each pool child owns one warm
sandbox. A worker on whose machine none starts takes itself out: see `grader.worker.circuit_breaker`.

    celery -A grader.worker.tasks worker -Q grading.cpu,regrading.cpu
"""

import gc
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
import torch
from billiard import current_process
from celery import Celery, Task
from celery.exceptions import Reject
from celery.signals import worker_process_init, worker_process_shutdown, worker_ready

from grader.errors import GraderError, NoSandbox, PackageError
from grader.grading.exercise import load_exercise
from grader.grading.pipeline import grade
from grader.grading.snippet_run import run_snippet
from grader.messaging.redis_transport import broker, drop_what_cannot_be_read
from grader.packages.catalogue import packages
from grader.protocol.jobs import Job
from grader.protocol.snippets import Snippet
from grader.sandboxes.base import Sandbox
from grader.sandboxes.select import open_sandbox
from grader.telemetry import logs, metrics, task_context
from grader.worker import circuit_breaker
from grader.worker.in_flight import tell_what_is_held
from grader.worker.progress import Progress

BROKER = broker()
RUNTIME = os.environ.get("CHAINRULE_RUNTIME", "cpu")
ENGINE = os.environ.get("CHAINRULE_SANDBOX") or None
HARD_LIMIT = int(os.environ.get("CHAINRULE_GRADING_LIMIT", "120"))
RETRIES = 3
# How long a job is held where no sandbox starts, before it is put back for others (seconds): others then reach for it,
# and we have a look at whether to go on at all.
PAUSE = 1.0

log = structlog.get_logger()

# The cores are shared by the pool's children and their sandboxes; more threads would only wait for each other.
torch.set_num_threads(1)

# Not the current app of the process: the server's own may live beside it, in tests.
# Without fixups: where a variable names Django's settings, Celery would load them.
app = Celery("grader", broker=BROKER, set_as_current=False, fixups=[])
app.conf.update(
    worker_consumer="grader.messaging.consumer:StrictConsumer",
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    # A job is done when its report is on its way, not when it was fetched: a killed child's job goes back to the queue.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    # But not for ever: a job that kills whoever takes it ends as our failure.
    task_retry_on_worker_lost=True,
    worker_lost_wait=2,
    worker_prefetch_multiplier=1,
    # A child is there once its sandbox is warm.
    worker_proc_alive_timeout=300,
    # A report is worth waiting for a broker that is being started again: half a minute, in growing steps.
    task_publish_retry_policy={"max_retries": 20, "interval_start": 0.1, "interval_step": 0.2, "interval_max": 2},
    worker_hijack_root_logger=False,
    task_time_limit=HARD_LIMIT,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": 2 * HARD_LIMIT,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        # Who hears nothing from a broker that hangs, or past a cut line, looks for it anew after this.
        "socket_timeout": 10,
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        "health_check_interval": 5,
        "queue_order_strategy": "priority",
        # What graders have in hand is kept apart from what the server has: their account need not see that.
        "unacked_key": "grading.unacked",
        "unacked_index_key": "grading.unacked_index",
        "unacked_mutex_key": "grading.unacked_mutex",
    },
)
app.steps["consumer"].add(circuit_breaker.CircuitBreaker)
drop_what_cannot_be_read()
task_context.follow()
tell_what_is_held(app)

_held: dict[str, Sandbox] = {}


@app.task(  # type: ignore[untyped-decorator]
    name="grader.grade", bind=True, max_retries=RETRIES, default_retry_delay=1
)
def grade_task(self: Task, job: dict[str, Any]) -> dict[str, Any]:
    """Grade a Job; the returned dict goes to the server's `record`. Our own failures are retried, then reported.

    Where no sandbox starts, nothing is wrong with the job: it goes back to its queue as it came, for another worker.
    """
    try:
        return graded(Job.from_dict(job))
    except PackageError:
        raise
    except NoSandbox as error:
        raise left_to_others(error) from error
    except GraderError as error:
        log.warning("grading_failed", submission=job.get("submission"), error=str(error))
        release()
        raise self.retry(exc=error, countdown=2**self.request.retries) from error


def graded(job: Job) -> dict[str, Any]:
    """Grade a job in this process's sandbox and return {"submission", "token", "report"}."""
    with logs.bound(submission=job.submission):
        with Progress(BROKER, job.submission) as progress, _attendance_noted():
            report = grade(job, sandbox=_sandbox(), on_progress=progress.tell)
        metrics.graded.labels(job.runtime, report.outcome).inc()
        log.info("graded", exercise=job.exercise, outcome=report.outcome, given=report.given)
    return {"submission": job.submission, "token": job.token, "report": report.to_dict()}


@app.task(name="grader.run_snippet")  # type: ignore[untyped-decorator]
def run_snippet_task(snippet: dict[str, Any]) -> dict[str, Any]:
    """Run a Snippet; the returned dict goes to the server's `lessons.record`."""
    return ran(Snippet.from_dict(snippet))


def ran(snippet: Snippet) -> dict[str, Any]:
    """Run a snippet in this process's sandbox and return {"run", "token", "shown"}; nothing shown means that we erred.

    Somebody waits in front of the page and can ask again, so our own failures are not retried. Where no sandbox starts,
    another worker may be quick enough.
    """
    try:
        with _attendance_noted():
            shown = run_snippet(snippet, sandbox=_sandbox()).to_dict()
    except NoSandbox as error:
        raise left_to_others(error) from error
    except GraderError as error:
        log.warning("snippet_failed", run=snippet.run, error=str(error))
        release()
        shown = None
    return {"run": snippet.run, "token": snippet.token, "shown": shown}


def left_to_others(error: NoSandbox) -> Reject:
    """Return what puts the job at hand back into its queue, after a pause."""
    log.warning("job_left_to_others", error=str(error))
    metrics.jobs_left.labels(RUNTIME).inc()
    time.sleep(PAUSE)
    return Reject(str(error), requeue=True)


@contextmanager
def _attendance_noted() -> Iterator[None]:
    try:
        yield
    except NoSandbox as error:
        circuit_breaker.failed(str(error))
        release()
        raise
    else:
        circuit_breaker.succeeded()


def _sandbox() -> Sandbox:
    if "sandbox" not in _held:
        # The place among the pool's children decides which GPU is this one's.
        slot = getattr(current_process(), "index", 0)
        _held["sandbox"] = open_sandbox(runtime=RUNTIME, engine=ENGINE, slot=slot, on_replaced=circuit_breaker.replaced)
    return _held["sandbox"]


def release(**_: Any) -> None:
    """Close this process's sandbox; the next job opens another."""
    sandbox = _held.pop("sandbox", None)
    if sandbox is not None:
        sandbox.close()


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _warm_up(**_: Any) -> None:
    """Have a warm sandbox and the packages ahead of the first job; a machine that is not ready yet retries there.

    A job's time limit runs only once it is begun: were sandboxes slow to start, as on a machine that is too busy, each
    job would use up its time with waiting for one, and the child that comes after it, too.
    """
    try:
        _sandbox().warm_up()
    except GraderError as error:
        circuit_breaker.failed(str(error))
        log.error("no_sandbox_yet", error=str(error))
    for package in packages():
        try:
            load_exercise(package.slug).checks  # noqa: B018 - loading is the point
        except PackageError as error:
            log.error("package_broken", exercise=package.slug, error=str(error))
    # Torch and the packages outlive every job: the collector need not look at them in the middle of one.
    gc.collect()
    gc.freeze()


worker_process_shutdown.connect(release)


@worker_ready.connect  # type: ignore[untyped-decorator]
def _tell_numbers(**_: Any) -> None:
    metrics.tell([circuit_breaker.standing])
