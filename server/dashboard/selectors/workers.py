"""Which graders are alive. A request through the broker takes a moment, so pages load this part separately."""

from dataclasses import dataclass
from typing import Any

import structlog
from amqp.exceptions import AMQPError
from django.core.cache import cache
from kombu.exceptions import OperationalError

from server.submissions.queue import worker_presence

log = structlog.get_logger(__name__)

# How long to wait for replies (s). A live worker replies at once, even while it grades.
PATIENCE = 0.7
# How long a result is cached (s), so that many open pages send one request.
GOOD_FOR = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Worker:
    """A worker that replied: its queues, its processes, and how many jobs it has graded.

    `out` is the reason if it takes no jobs, else empty. `replaced` counts the sandboxes that it replaced.
    """

    name: str
    queues: list[str]
    processes: int
    graded: int
    replaced: int
    out: str


def workers() -> list[Worker] | None:
    """Return the grading workers that are alive; None if the broker cannot be reached."""
    return cache.get_or_set("dashboard.workers", _ask, GOOD_FOR)


def _ask() -> list[Worker] | None:
    try:
        queues, stats = (
            worker_presence.broadcast(command, patience=PATIENCE) for command in ("active_queues", "stats")
        )
    except (OperationalError, AMQPError, OSError):
        log.warning("broker_unreachable")
        return None
    found = (_worker(name, worker_presence.queue_names(queues.get(name)), stats[name]) for name in sorted(stats))
    return [worker for worker in found if worker is not None]


def _worker(name: str, queues: list[str], stats: Any) -> Worker | None:
    """Return the worker that answered; None for one that does not say what graders say, and so is none."""
    try:
        own = stats["chainrule"]
        return Worker(
            name=name,
            queues=queues,  # of none, while it is out
            processes=len(stats["pool"]["processes"]),
            graded=int(stats["total"].get("grader.grade", 0)),
            replaced=int(own["replaced"]),
            out=str(own["out"]),
        )
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
        return None
