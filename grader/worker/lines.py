"""The second message about a submission: the line to look at, after its report is sent and while nobody waits.

The report is in the server's queue when Celery says that the task is over, and only then the search begins, in the
same pool child with its warm sandbox. If another submission waits in the broker, the search is not begun, or stops.
"""

from collections.abc import Sequence
from typing import Any

import redis
import structlog
from celery import Task
from celery.signals import task_postrun
from celery.states import SUCCESS
from kombu.transport.redis import PRIORITY_STEPS, Channel

from grader.grading.fault_line import look
from grader.protocol.jobs import Job
from grader.protocol.reports import Report
from grader.telemetry import logs
from grader.worker import sandbox_pool
from grader.worker.celery import BROKER_URL, app
from grader.worker.progress import shared_client

# The server's task, and its queue.
RECORD, RECORDS = "submissions.record_line", "records"
# Fresh submissions. Regrades have a queue of their own, and get no line.
QUEUE = f"grading.{sandbox_pool.RUNTIME}"
# kombu keeps messages of other priorities than 0 in lists of their own.
WAITING = (QUEUE, *(f"{QUEUE}{Channel.sep}{priority}" for priority in PRIORITY_STEPS if priority))

log = structlog.get_logger()


def nobody_waits() -> bool:
    """Whether no submission waits for a grader of this kind; False if the broker does not answer."""
    try:
        with shared_client(BROKER_URL).pipeline(transaction=False) as pipe:
            for queue in WAITING:
                pipe.llen(queue)
            return not any(pipe.execute())
    except redis.RedisError:
        return False


def send_line(job: Job, report: Report) -> None:
    """Find the line of a graded submission and send it to the server, if there is one and nobody waits."""
    with logs.bound(submission=job.submission):
        found = look(
            job,
            report,
            sandbox=sandbox_pool.sandbox(),
            may_go_on=nobody_waits,
            author_sandbox=sandbox_pool.author_sandbox,
        )
        if found is not None:
            message = {"submission": job.submission, "token": job.token, "report": report.identity, "line": found.line}
            if found.edit is not None:
                message["edit"] = found.edit.to_dict()
            app.send_task(RECORD, args=[message], queue=RECORDS, headers=logs.carried())


@task_postrun.connect  # type: ignore[untyped-decorator]
def _after_the_report(
    task: Task | None = None, args: Sequence[Any] = (), retval: Any = None, state: str = "", **_: Any
) -> None:
    if task is None or task.name != "grader.grade" or (task.request.delivery_info or {}).get("routing_key") != QUEUE:
        return
    if state == SUCCESS and "report" in retval:
        try:
            send_line(Job.from_dict(args[0]), Report.from_dict(retval["report"]))
        except Exception:
            # The report is sent. A submission without a line is complete.
            log.exception("line_failed", submission=retval.get("submission"))
