"""The grading worker's tasks, a line each around `grade`, `run_snippet` and `verify_job`.

Their names are the protocol between server and graders: a server of one version sends jobs to graders of another.
"""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
import torch
from celery import Task
from celery.exceptions import Reject
from celery.signals import worker_process_init, worker_process_shutdown

from grader.errors import GraderError, MissingVersion, NoSandbox, PackageError, RunCancelled
from grader.grading.exercise import load_exercise
from grader.grading.pipeline import grade
from grader.grading.snippet_run import run_snippet
from grader.packages.catalogue import packages
from grader.protocol.jobs import Job
from grader.protocol.reports import Report
from grader.protocol.snippets import Snippet
from grader.protocol.verifications import VerifyJob
from grader.sandboxes.cancellation import Cancellation
from grader.telemetry import logs, metrics
from grader.worker import circuit_breaker, sandbox_pool
from grader.worker.cancel_watch import cancel_watch
from grader.worker.celery import BROKER_URL, app
from grader.worker.progress import ProgressPublisher, shared_client
from grader.worker.verifying import TIME_LIMIT, verify_job
from grader.worker.versions import VersionAwaited, ensure

RETRIES = 3
# If no sandbox starts, a job stays here for so long before it goes back to its queue (seconds): other workers take it
# then, and the circuit breaker has time to open.
REQUEUE_SECONDS = 1.0

log = structlog.get_logger()

# The pool's children and their sandboxes share the processors; more threads would only wait for each other.
torch.set_num_threads(1)


@app.task(  # type: ignore[untyped-decorator]
    name="grader.grade", bind=True, shared=False, max_retries=RETRIES, default_retry_delay=1
)
def grade_task(self: Task, job: dict[str, Any]) -> dict[str, Any]:
    """Grade a Job. Celery sends the returned dict to the server's `record` task.

    If the submission is cancelled, it is stopped (see `grade_job`).

    If we fail, the task is retried a few times, and then the server's `record_failure` task runs. If no sandbox starts,
    the job is not at fault: it goes back to its queue unchanged, for another worker.
    """
    with _failures_handled(self, "grading_failed", submission=job.get("submission")):
        return grade_job(Job.from_dict(job))


@app.task(  # type: ignore[untyped-decorator]
    name="grader.verify",
    bind=True,
    shared=False,
    max_retries=RETRIES,
    default_retry_delay=1,
    time_limit=TIME_LIMIT,
)
def verify_task(self: Task, job: dict[str, Any]) -> dict[str, Any]:
    """Verify a VerifyJob. Celery sends the returned dict to the server's `packages.record_verification` task.

    If we fail, it is tried again as a grading is, and then `packages.record_verification_failure` runs.
    """
    with _failures_handled(self, "verification_failed", verification=job.get("verification")):
        return verify_job(VerifyJob.from_dict(job))


@contextmanager
def _failures_handled(task: Task, event: str, **ids: Any) -> Iterator[None]:
    """Retry the task if we fail; put it back into its queue if another worker, or the server, can help."""
    try:
        yield
    except (PackageError, MissingVersion):
        raise
    except VersionAwaited as error:
        raise Reject(str(error), requeue=True) from error
    except NoSandbox as error:
        raise requeue(error) from error
    except GraderError as error:
        log.warning(event, error=str(error), **ids)
        sandbox_pool.close()
        raise task.retry(exc=error, countdown=2**task.request.retries) from error


def grade_job(job: Job) -> dict[str, Any]:
    """Grade a job in this process's sandbox and return {"submission", "token", "report"}.

    If the submission is cancelled, the answer has "case_put" instead of "report": whether a case was put to the code.
    """
    answer = {"submission": job.submission, "token": job.token}
    with logs.bound(submission=job.submission):
        cancellation = Cancellation()
        try:
            with cancel_watch(shared_client(BROKER_URL), job.submission, cancellation):
                report = _report_on(job, cancellation)
        except RunCancelled:
            log.info("cancelled", exercise=job.exercise, case_put=cancellation.case_put)
            return answer | {"case_put": cancellation.case_put}
        metrics.graded.labels(job.runtime, report.outcome).inc()
        log.info("graded", exercise=job.exercise, outcome=report.outcome, given=report.points)
    return answer | {"report": report.to_dict()}


def _report_on(job: Job, cancellation: Cancellation) -> Report:
    if job.library:
        ensure(job.digest, job=job.token)
    with ProgressPublisher(BROKER_URL, job.submission) as progress, sandbox_pool.starts_recorded():
        return grade(
            job,
            sandbox=sandbox_pool.sandbox(),
            on_progress=progress.publish,
            cancellation=cancellation,
            author_sandbox=sandbox_pool.author_sandbox,
        )


@app.task(name="grader.run_snippet", shared=False)  # type: ignore[untyped-decorator]
def run_snippet_task(snippet: dict[str, Any]) -> dict[str, Any]:
    """Run a Snippet. Celery sends the returned dict to the server's `lessons.record` task."""
    return run(Snippet.from_dict(snippet))


def run(snippet: Snippet) -> dict[str, Any]:
    """Run a snippet in this process's sandbox and return {"run", "token", "shown"}; "shown" is None if we failed.

    Our own failures are not retried: the learner waits in front of the page and can run the snippet again. If no
    sandbox starts, the snippet goes back to its queue, as another worker can be quick enough.
    """
    try:
        with sandbox_pool.starts_recorded():
            shown = run_snippet(snippet, sandbox=sandbox_pool.sandbox()).to_dict()
    except NoSandbox as error:
        raise requeue(error) from error
    except GraderError as error:
        log.warning("snippet_failed", run=snippet.run, error=str(error))
        sandbox_pool.close()
        shown = None
    return {"run": snippet.run, "token": snippet.token, "shown": shown}


def requeue(error: NoSandbox) -> Reject:
    """Wait, and return the exception that makes Celery put the current job back into its queue."""
    log.warning("job_requeued", error=str(error))
    metrics.jobs_requeued.labels(sandbox_pool.RUNTIME).inc()
    time.sleep(REQUEUE_SECONDS)
    return Reject(str(error), requeue=True)


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _prepare_child(**_: Any) -> None:
    """Start a sandbox and load every package before the first job. A machine that is not ready yet tries again then.

    A job's time limit begins when the job does. On a machine that is too busy, every job would otherwise use up its
    limit while its sandbox starts, and the child after it too.
    """
    try:
        sandbox_pool.sandbox().warm_up()
    except GraderError as error:
        circuit_breaker.record_failure(str(error))
        log.error("no_sandbox_yet", error=str(error))
    for package in packages():
        try:
            load_exercise(package.slug).checks  # noqa: B018 - loading is the point
        except PackageError as error:
            log.error("package_broken", exercise=package.slug, error=str(error))
    # Torch and the packages live as long as this process: the garbage collector need not scan them during a job.
    gc.collect()
    gc.freeze()


worker_process_shutdown.connect(sandbox_pool.close)
