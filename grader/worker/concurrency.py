"""How many jobs a worker runs at once: no more than there are processors for their sandboxes."""

import os
from typing import Any

import structlog
from celery.signals import worker_init

from grader.errors import GraderError
from grader.sandboxes.select import open_engine
from grader.worker import facts
from grader.worker.sandbox_pool import ENGINE, RUNTIME

log = structlog.get_logger()


@worker_init.connect  # type: ignore[untyped-decorator]
def limit_concurrency(sender: Any, **_: Any) -> None:
    """Lower the worker's concurrency if its sandboxes would take time from each other, and say so.

    If the engine cannot give a sandbox a share of the processors, one processor stays free for everything else.
    """
    try:
        runtime, engine = open_engine(RUNTIME, ENGINE)
    except GraderError:
        return  # each process of the worker reports it, and tries again
    facts.note_runtime(runtime)
    has_share = engine.has_share
    engine.close()
    processors = len(os.sched_getaffinity(0))
    most = jobs_at_once(processors, cpus=runtime.cpus, has_share=has_share)
    wanted = int(sender.concurrency or processors)
    log.info("worker_concurrency", wanted=wanted, jobs=min(wanted, most), processors=processors, has_share=has_share)
    if wanted > most and not has_share:
        log.warning("fewer_jobs_at_once", jobs=most, reason=_REASON)
        sender.concurrency = most
    elif wanted > most:
        log.warning("more_jobs_than_processors", jobs=wanted, processors=processors)


_REASON = "this sandbox has no share of the processors: see docs/operator/bubblewrap.md"


def jobs_at_once(processors: int, *, cpus: float, has_share: bool) -> int:
    """Return how many sandboxes with `cpus` processors each can run on a machine without slowing each other down."""
    return max(1, int((processors if has_share else processors - 1) / cpus))
