"""Whether anybody grades what is for a runtime: asked of the workers every few seconds, and looked up by pages.

A worker that is alive answers at once, but whoever asks must wait whether one more does. So the records worker asks,
and pages read what it noted. In Redis: `graders:asked` holds since when there is asking without a gap, and
`graders:<queue>` is there while somebody takes from that queue. Both fade by themselves.
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

# How long we wait for answers, and for how long nobody must have answered before we say so: a worker that is started
# anew is missed by nobody (seconds).
PATIENCE = 0.5
LATELY = 30
PREFIX = "graders"
NAMES = {"cpu": "grader", "gpu": "GPU grader"}

log = structlog.get_logger(__name__)


def note() -> None:
    """Ask the workers what they take from, and note it. Without a broker nothing is noted, and so nobody is missed."""
    try:
        answers = ask("active_queues", patience=PATIENCE)
        taken = {name for answer in answers.values() for name in queue_names(answer)}
        note_taken(taken & {queue_of(runtime) for runtime in RUNTIMES})
    except (OperationalError, AMQPError, OSError, redis.RedisError):
        log.warning("graders_not_noted", exc_info=True)


def ask(command: str, *, patience: float) -> dict[str, Any]:
    """Return what each worker answers within so many seconds; OperationalError, AMQPError or OSError without a broker.

    An answer may be anything: who speaks for a grader may have been taken over.
    """
    answers: dict[str, Any] = {}
    for answer in app.control.broadcast(command, reply=True, timeout=patience) or []:
        if isinstance(answer, dict):
            answers |= answer
    return answers


def queue_names(answer: Any) -> list[str]:
    """Return the queues that a worker says it takes from; none where it says something else."""
    queues = answer if isinstance(answer, list) else []
    return [queue["name"] for queue in queues if isinstance(queue, dict) and isinstance(queue.get("name"), str)]


def note_taken(queues: set[str]) -> None:
    """Note that we asked, and that somebody takes from these queues; RedisError without a broker."""
    with progress.client(settings.REDIS_URL).pipeline() as pipe:
        pipe.set(_key("asked"), time.time(), ex=LATELY, nx=True)
        pipe.expire(_key("asked"), LATELY)
        for queue in queues:
            pipe.set(_key(queue), "", ex=LATELY)
        pipe.execute()


def missing(runtime: str) -> str:
    """Return what kind of grader is missed for a runtime; empty where one was heard of lately, or nothing is known."""
    if not settings.REDIS_URL:
        return ""
    try:
        since, heard = progress.client(settings.REDIS_URL).mget([_key("asked"), _key(queue_of(runtime))])
    except redis.RedisError:
        return ""
    unheard = heard is None and since is not None and time.time() - float(since) >= LATELY
    return NAMES[runtime] if unheard else ""


def _key(name: str) -> str:
    return f"{PREFIX}:{name}"
