"""Verifying versions of courses' packages in a worker: beside the gradings, and never in their way for long.

At most all but one of a worker's processes verify at a time (one, if it has one process), so that learners' submissions
find another. If none is free and a submission waits, a verification goes back to its queue, a few times at most. It
also goes back if the worker stops.
"""

import ctypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.sharedctypes import RawArray, RawValue
from typing import Any

import structlog
from billiard import current_process
from celery.exceptions import Reject
from celery.signals import worker_init, worker_process_init, worker_shutting_down

from grader.errors import RunCancelled
from grader.grading.exercise import Exercise
from grader.grading.sandboxed_examiner import SandboxedExaminer
from grader.protocol.verifications import VerifyJob
from grader.sandboxes.cancellation import Cancellation
from grader.telemetry import logs
from grader.verification.learner_runs import LearnerRuns
from grader.verification.own_package import MOST_SECONDS, Opened, verify_version
from grader.worker import sandbox_pool
from grader.worker.celery import BROKER_URL, HARD_LIMIT
from grader.worker.lines import nobody_waits
from grader.worker.progress import PromisePublisher
from grader.worker.versions import ensure

BUSY_SECONDS = 1.0
"""How long a verification stays in a process if others verify already, before it goes back to its queue."""
MOST_TIMES_BACK = 3
"""How often a verification goes back for submissions that wait; then it runs to its end."""
TIME_LIMIT = int(1.5 * HARD_LIMIT)
"""Celery's limit (seconds): below the time after which the broker gives an unacknowledged job to another worker."""
_SECONDS = min(MOST_SECONDS, 1.25 * HARD_LIMIT)  # so Celery need not end a verification
_WATCH_SECONDS = 0.2
_SLOTS = 1024

log = structlog.get_logger()

# In memory that the worker's processes share, without locks: each process writes its own slot only.
_verifying = RawArray(ctypes.c_bool, _SLOTS)
_processes = RawValue(ctypes.c_int, 1)
_stopping = RawValue(ctypes.c_bool, False)
# How often this process has put a verification back, by its token.
_given_way: dict[str, int] = {}


def verify_job(job: VerifyJob) -> dict[str, Any]:
    """Verify a version in this process's sandboxes and return {"verification", "token", "verified"}.

    Raises Reject, for Celery to put the job back, if too many processes verify already or the worker stops. Raises
    MissingVersion and SandboxError if we fail.
    """
    answer = {"verification": job.verification, "token": job.token}
    with logs.bound(verification=job.verification), _slot():
        ensure(job.digest, job=job.token)
        cancellation = Cancellation()
        progress = PromisePublisher(BROKER_URL, job.verification)

        def on_promise(promise: str, at: int, of: int) -> None:
            progress.publish(promise, at, of)
            if _gives_way(job.token):
                cancellation.request()

        with _stop_watch(cancellation), sandbox_pool.starts_recorded():
            try:
                verified = verify_version(
                    job, open_exercise=_opened, on_promise=on_promise, cancellation=cancellation, seconds=_SECONDS
                )
            except RunCancelled as stopped:
                log.info("verification_put_back", package=job.slug)
                raise Reject("the worker stops, or a submission waits", requeue=True) from stopped
        _given_way.pop(job.token, None)
        log.info("verified", package=job.slug, problems=len(verified.problems), seconds=verified.seconds)
    return answer | {"verified": verified.to_dict()}


def _gives_way(token: str) -> bool:
    """Return whether a verification goes back for a submission that waits: all processes are busy, one with this."""
    if _processes.value > 1 or _given_way.get(token, 0) >= MOST_TIMES_BACK or nobody_waits():
        return False
    while len(_given_way) >= _SLOTS:
        del _given_way[next(iter(_given_way))]
    _given_way[token] = _given_way.get(token, 0) + 1
    return True


def _opened(exercise: Exercise, cancellation: Cancellation) -> Opened:
    runs = LearnerRuns(
        exercise=exercise,
        sandbox=sandbox_pool.sandbox(),
        author_sandbox=sandbox_pool.author_sandbox,
        cancellation=cancellation,
    )
    return SandboxedExaminer(exercise, sandbox_pool.author_sandbox, cancellation), runs


@contextmanager
def _slot() -> Iterator[None]:
    """Take one of the places for verifications. Raises Reject, after a moment, if there is none."""
    own = getattr(current_process(), "index", 0) % _SLOTS
    others = sum(_verifying) - _verifying[own]
    if others >= max(1, _processes.value - 1):
        time.sleep(BUSY_SECONDS)
        raise Reject("other processes of this worker verify", requeue=True)
    _verifying[own] = True
    try:
        yield
    finally:
        _verifying[own] = False


@contextmanager
def _stop_watch(cancellation: Cancellation) -> Iterator[None]:
    """Request the cancellation as soon as the worker stops."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_WATCH_SECONDS):
            if _stopping.value:
                cancellation.request()
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        over.set()


@worker_init.connect  # type: ignore[untyped-decorator]
def _note_processes(sender: Any, **_: Any) -> None:
    _processes.value = int(sender.concurrency or 1)


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _free_slot(**_: Any) -> None:
    """Free the slot of a process that was killed while it verified: this one has its place."""
    _verifying[getattr(current_process(), "index", 0) % _SLOTS] = False


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def _note_stop(**_: Any) -> None:
    _stopping.value = True
