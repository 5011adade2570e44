"""Which graders are alive. They are asked over the broker, which takes a moment: pages load this part by itself."""

from dataclasses import dataclass
from typing import Any

import structlog
from amqp.exceptions import AMQPError
from django.core.cache import cache
from kombu.exceptions import OperationalError

from server.submissions.queue import worker_presence

log = structlog.get_logger(__name__)

# How long we wait for answers (seconds): a worker that is alive answers at once, even while it grades.
PATIENCE = 0.7
# How long an answer is good for, so that many open pages ask once (seconds).
GOOD_FOR = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Worker:
    """A worker that answered: what it takes jobs from, in how many processes, and how many jobs it has done.

    `out` is why it takes none, empty where it does; `replaced` counts the sandboxes that it threw away.
    """

    name: str
    queues: list[str]
    processes: int
    graded: int
    replaced: int
    out: str


def workers() -> list[Worker] | None:
    """Return the grading workers that are alive; None where the broker cannot be asked."""
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
