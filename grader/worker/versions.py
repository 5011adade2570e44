"""Bringing a version of a course's package to this worker, by its digest.

From the cache on this machine's disk, else from the key `package:<digest>` in Redis, which the server sets for an hour.
If neither has it, the worker asks the server for it (the task `packages.provide`) and waits a moment. Then the job goes
back to the end of its queue. After `GIVE_UP_SECONDS` it ends as our failure.

Nobody needs to trust the key: the cache unpacks the archive strictly and compares its digest with the job's.
"""

import os
import time
from typing import cast

import redis
import structlog
from kombu.exceptions import OperationalError

from grader.errors import GraderError, MissingVersion
from grader.packages.archives import MAX_ARCHIVE, ArchiveError
from grader.packages.catalogue import version_cache, versions_folder
from grader.telemetry import logs
from grader.worker.celery import BROKER_URL, app
from grader.worker.progress import shared_client

# The server's task, and its queue.
PROVIDE, RECORDS = "packages.provide", "records"
POLL_SECONDS = 0.05
WAIT_SECONDS = 1.0
"""How long a job waits here for its version before it goes back to its queue."""
ASK_AGAIN_SECONDS = 5.0
GIVE_UP_SECONDS = float(os.environ.get("CHAINRULE_VERSION_SECONDS", "60"))
"""How long one process of a worker puts a job back because its version does not come."""
_MOST_JOBS = 1000

log = structlog.get_logger()
_asked: dict[str, float] = {}
_waiting: dict[str, float] = {}


class VersionAwaited(GraderError):
    """The server was asked for the version of a job: the job goes back to its queue."""


def ensure(digest: str, *, job: str) -> None:
    """Bring a version into the cache of this machine, if it is not there.

    Raises VersionAwaited if it is not there yet, MissingVersion if `job` (the id of its task) has waited long enough,
    CacheUnavailable if the disk does not take it.
    """
    if _is_here(digest):
        _waiting.pop(job, None)
        return
    since = _waiting.setdefault(job, time.monotonic())
    _ask(digest)
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        time.sleep(POLL_SECONDS)
        if _is_here(digest):
            _waiting.pop(job, None)
            return
    if time.monotonic() - since > GIVE_UP_SECONDS:
        _waiting.pop(job, None)
        raise MissingVersion(digest)
    _forget_oldest(_waiting)
    raise VersionAwaited(f"the version {digest[:12]} of a package has not come yet")


def _is_here(digest: str) -> bool:
    cache = version_cache(versions_folder())
    if cache.folder(digest) is not None:
        return True
    try:
        # One byte more than an archive can have: a huge value is refused, and does not fill the memory.
        archive = cast(bytes, shared_client(BROKER_URL).getrange(f"package:{digest}", 0, MAX_ARCHIVE))
    except redis.RedisError as error:
        log.warning("version_not_read", digest=digest, error=str(error))
        return False
    if not archive:
        return False
    try:
        cache.add(archive, digest=digest)
    except ArchiveError as error:
        log.error("version_refused", digest=digest, error=str(error))
        return False
    return True


def _ask(digest: str) -> None:
    """Ask the server for a version, but not again within a few seconds."""
    now = time.monotonic()
    if now - _asked.get(digest, -ASK_AGAIN_SECONDS) < ASK_AGAIN_SECONDS:
        return
    _forget_oldest(_asked)
    _asked[digest] = now
    try:
        app.send_task(PROVIDE, args=[{"digest": digest}], queue=RECORDS, headers=logs.carried(), retry=False)
    except OperationalError as error:
        log.warning("version_not_requested", digest=digest, error=str(error))


def _forget_oldest(known: dict[str, float]) -> None:
    while len(known) > _MOST_JOBS:
        del known[min(known, key=lambda name: known[name])]
