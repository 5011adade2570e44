"""Brings versions to the graders: a key in Redis for each digest, which the server sets and graders read.

A grader that lacks a version and finds no key asks for it (`packages.provide`). Setting the key before a job is sent
saves that detour.
"""

from functools import cache, partial

import redis
import structlog
from django.conf import settings
from django.db import transaction

from grader.messaging import redis_clients
from server.packages.models import Version

log = structlog.get_logger(__name__)

KEPT_SECONDS = 3600


def key_of(digest: str) -> str:
    """Return the key under which graders read a version."""
    return f"package:{digest}"


def provide(digest: str) -> bool:
    """Set the key of a version; False if there is no such version. Raises RedisError without a broker."""
    archive = Version.objects.filter(pk=digest).values_list("archive", flat=True).first()
    if archive is None or not settings.REDIS_URL:
        return False
    _client(settings.REDIS_URL).set(key_of(digest), bytes(archive), ex=KEPT_SECONDS)
    return True


def bring(digest: str) -> None:
    """Set the key of a version if it is missing, else keep it for another hour. Failures are only logged.

    One call to Redis if the key is there. If it cannot be set, the grader asks for the version.
    """
    if not settings.REDIS_URL:
        return
    try:
        if not _client(settings.REDIS_URL).expire(key_of(digest), KEPT_SECONDS):
            provide(digest)
    except redis.RedisError:
        log.warning("version_not_brought", digest=digest)


def bring_after_commit(digest: str) -> None:
    """Bring a version once the transaction is committed: before the job that is published after this."""
    transaction.on_commit(partial(bring, digest), robust=True)


@cache
def _client(url: str) -> redis.Redis:
    return redis_clients.client(url)
