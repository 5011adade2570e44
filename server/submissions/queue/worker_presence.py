"""Whether a runtime has grading workers, and with how many processes.

The records worker asks the workers every few seconds; pages and the dispatch of submissions look it up.

A live worker answers at once, but the sender of a broadcast must wait in case one more answers. So the records worker
does the waiting, and pages read what it noted in Redis: `graders:asked` holds the time since which it has asked without
a gap, and `graders:<queue>` exists while a worker takes from that queue. Its value is the number of processes that do.
Both keys expire by themselves. What the workers
say of themselves is noted with them (`worker_report`).
"""

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import redis
import structlog
from amqp.exceptions import AMQPError
from django.conf import settings
from kombu.exceptions import OperationalError

from server.celery import app
from server.submissions.live import progress
from server.submissions.queue import worker_report
from server.submissions.queue.dispatch import RUNTIMES, queue_of

# How long to wait for answers (seconds).
PATIENCE = 0.5
# How long a runtime must be without an answer until pages say so (seconds): a restart of a worker is not reported.
LATELY = 30
PREFIX = "graders"
# How many processes are assumed if it is not known: at the start, without a broker, or if no worker runs.
USUAL_PROCESSES = 4
# The most that one worker is believed to have: an attacker can control it.
MOST_PROCESSES = 1_000
# How long a process of the server uses the number that it looked up (seconds).
GOOD_FOR = 4.0
NAMES = {"cpu": "grader", "gpu": "GPU grader"}

log = structlog.get_logger(__name__)


def record_presence() -> None:
    """Ask the workers which queues they take from, and note it. Without a broker nothing is noted or reported."""
    try:
        queues = broadcast("active_queues", patience=PATIENCE)
        # This wait ends as soon as all of them have answered.
        stats = broadcast("stats", patience=PATIENCE, destination=list(queues)) if queues else {}
        note_taken(_processes_by_queue(queues, stats))
        worker_report.note_report(
            {worker: queue_names(answer) for worker, answer in queues.items()},
            stats,
            {worker: processes_of(answer) for worker, answer in stats.items()},
        )
    except (OperationalError, AMQPError, OSError, redis.RedisError):
        log.warning("graders_not_noted", exc_info=True)


def broadcast(command: str, *, patience: float, destination: list[str] | None = None) -> dict[str, Any]:
    """Return each worker's answer to a Celery control command, by worker; waits for `patience` seconds.

    With `destination`, only these workers are asked, and the wait ends with the last answer. An answer can be anything:
    the sender can be a grader that an attacker controls. Raises OperationalError, AMQPError or OSError if the broker
    cannot be reached.
    """
    answers: dict[str, Any] = {}
    for answer in app.control.broadcast(command, destination=destination, reply=True, timeout=patience) or []:
        if isinstance(answer, dict):
            answers |= answer
    return answers


def queue_names(answer: Any) -> list[str]:
    """Return the queues in a worker's answer to `active_queues`; empty if the answer has another form."""
    queues = answer if isinstance(answer, list) else []
    return [queue["name"] for queue in queues if isinstance(queue, dict) and isinstance(queue.get("name"), str)]


def processes_of(stats: Any) -> int:
    """Return how many processes a worker has by its answer to `stats`; 1 if the answer has another form."""
    pool = stats.get("pool") if isinstance(stats, dict) else None
    found = pool.get("processes") if isinstance(pool, dict) else None
    return min(len(found), MOST_PROCESSES) if isinstance(found, list) and found else 1


def _processes_by_queue(queues: dict[str, Any], stats: dict[str, Any]) -> Counter[str]:
    known = {queue_of(runtime) for runtime in RUNTIMES}
    taken: Counter[str] = Counter()
    for worker, answer in queues.items():
        for name in known & set(queue_names(answer)):
            taken[name] += processes_of(stats.get(worker))
    return taken


def note_taken(processes: Mapping[str, int]) -> None:
    """Note that the workers were asked, and how many processes take from each queue. Raises RedisError."""
    with progress.client(settings.REDIS_URL).pipeline() as pipe:
        pipe.set(_key("asked"), time.time(), ex=LATELY, nx=True)
        pipe.expire(_key("asked"), LATELY)
        for queue, number in processes.items():
            pipe.set(_key(queue), number, ex=LATELY)
        pipe.execute()


def processes(runtime: str) -> int:
    """Return how many processes grade for a runtime; a usual number if it is not known."""
    at, number = _looked_up.get(runtime, (-GOOD_FOR, 0))
    if time.monotonic() - at >= GOOD_FOR:
        number = _look_up(runtime)
        _looked_up[runtime] = (time.monotonic(), number)
    return number


def _look_up(runtime: str) -> int:
    return noted_processes(runtime) or USUAL_PROCESSES


def noted_processes(runtime: str) -> int | None:
    """Return how many processes grade for a runtime by what the records worker noted; None if that is not known."""
    if not settings.REDIS_URL:
        return None
    try:
        # An older records worker notes no number.
        return int(progress.client(settings.REDIS_URL).get(_key(queue_of(runtime))) or 0)
    except (redis.RedisError, ValueError):
        return None


_looked_up: dict[str, tuple[float, int]] = {}


def missing(runtime: str) -> str:
    """Return the kind of grader that a runtime lacks; empty if one answered lately, or if nothing is known."""
    if not settings.REDIS_URL:
        return ""
    try:
        since, taken = progress.client(settings.REDIS_URL).mget([_key("asked"), _key(queue_of(runtime))])
    except redis.RedisError:
        return ""
    is_missing = taken is None and since is not None and time.time() - float(since) >= LATELY
    return NAMES[runtime] if is_missing else ""


def _key(name: str) -> str:
    return f"{PREFIX}:{name}"
