"""Whether a runtime has a grading worker. The records worker asks the workers every few seconds; pages look it up.

A live worker answers at once, but the sender of a broadcast must wait in case one more answers. So the records worker
does the waiting, and pages read what it noted in Redis: `graders:asked` holds the time since which it has asked without
a gap, and `graders:<queue>` exists while a worker takes from that queue. Both keys expire by themselves.
"""

import time
from typing import Any

import redis
import structlog
from amqp.exceptions import AMQPError
from django.conf import settings
from kombu.exceptions import OperationalError

from server.celery import app
from server.submissions.live import progress
from server.submissions.queue.dispatch import RUNTIMES, queue_of

# How long to wait for answers (seconds).
PATIENCE = 0.5
# How long a runtime must be without an answer until pages say so (seconds): a restart of a worker is not reported.
LATELY = 30
PREFIX = "graders"
NAMES = {"cpu": "grader", "gpu": "GPU grader"}

log = structlog.get_logger(__name__)


def record_presence() -> None:
    """Ask the workers which queues they take from, and note it. Without a broker nothing is noted or reported."""
    try:
        answers = broadcast("active_queues", patience=PATIENCE)
        taken = {name for answer in answers.values() for name in queue_names(answer)}
        note_taken(taken & {queue_of(runtime) for runtime in RUNTIMES})
    except (OperationalError, AMQPError, OSError, redis.RedisError):
        log.warning("graders_not_noted", exc_info=True)


def broadcast(command: str, *, patience: float) -> dict[str, Any]:
    """Return each worker's answer to a Celery control command, by worker; waits for `patience` seconds.

    An answer can be anything: the sender can be a grader that an attacker controls. Raises OperationalError, AMQPError
    or OSError if the broker cannot be reached.
    """
    answers: dict[str, Any] = {}
    for answer in app.control.broadcast(command, reply=True, timeout=patience) or []:
        if isinstance(answer, dict):
            answers |= answer
    return answers


def queue_names(answer: Any) -> list[str]:
    """Return the queues in a worker's answer to `active_queues`; empty if the answer has another form."""
    queues = answer if isinstance(answer, list) else []
    return [queue["name"] for queue in queues if isinstance(queue, dict) and isinstance(queue.get("name"), str)]


def note_taken(queues: set[str]) -> None:
    """Note that the workers were asked, and that these queues are taken from. Raises RedisError without a broker."""
    with progress.client(settings.REDIS_URL).pipeline() as pipe:
        pipe.set(_key("asked"), time.time(), ex=LATELY, nx=True)
        pipe.expire(_key("asked"), LATELY)
        for queue in queues:
            pipe.set(_key(queue), "", ex=LATELY)
        pipe.execute()


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
