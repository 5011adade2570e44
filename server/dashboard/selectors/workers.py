"""Which graders are alive. They are asked over the broker, which takes a moment: pages load this part by itself."""

from dataclasses import dataclass

import structlog
from amqp.exceptions import AMQPError
from django.core.cache import cache
from kombu.exceptions import OperationalError

from server.celery import app

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
    inspect = app.control.inspect(timeout=PATIENCE)
    try:
        queues, stats = inspect.active_queues() or {}, inspect.stats() or {}
    except (OperationalError, AMQPError, OSError):
        log.warning("broker_unreachable")
        return None
    # Graders say more of themselves than other workers do, and one that is out listens to no queue.
    return [_worker(name, queues.get(name, []), stats[name]) for name in sorted(stats) if "chainrule" in stats[name]]


def _worker(name: str, queues: list[dict], stats: dict) -> Worker:
    own = stats["chainrule"]
    return Worker(
        name=name,
        queues=[queue["name"] for queue in queues],
        processes=len(stats.get("pool", {}).get("processes", [])),
        graded=stats.get("total", {}).get("grader.grade", 0),
        replaced=own["replaced"],
        out=own["out"],
    )
