"""Reads all parts at once, each with a limit in time. Safe if Redis, a worker or the mail server is away."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout

import structlog
from django.db import connection
from django.utils import timezone

from server.administration.server_health import outside, queues, storage, versions, workers
from server.administration.server_health.facts import HealthFact, HealthPart, ServerHealth, Severity
from server.observability.readiness import threads

# How long a part can take (seconds). All parts are read at the same time.
TIMEOUT = 3.0

log = structlog.get_logger(__name__)

Read = Callable[[], list[HealthFact]]

# In the order of the page.
PARTS: dict[str, Read] = {
    "Workers": workers.facts,
    "Queues": queues.facts,
    "E-mail": outside.mail_facts,
    "Backups": storage.backup_facts,
    "Database": storage.database_facts,
    "Redis": queues.redis_facts,
    "Disk": storage.disk_facts,
    "Versions": versions.version_facts,
    "Clocks": versions.clock_facts,
    "Certificate": outside.certificate_facts,
    "Other systems": outside.system_facts,
    "Administrators": versions.administrator_facts,
}


def read_health() -> ServerHealth:
    """Return what every part reports. A part that does not answer in time reports that, and nobody waits for it."""
    started = {title: threads(f"health: {title}").submit(_read, read) for title, read in PARTS.items()}
    end = time.monotonic() + TIMEOUT
    parts = [HealthPart(title=title, facts=_result(title, future, end)) for title, future in started.items()]
    return ServerHealth(parts=parts, at=timezone.now(), is_complete=all(future.done() for future in started.values()))


def _read(read: Read) -> list[HealthFact]:
    try:
        return read()
    finally:
        connection.close()


def _result(title: str, future: "Future[list[HealthFact]]", end: float) -> list[HealthFact]:
    try:
        return future.result(max(0.0, end - time.monotonic()))
    except FutureTimeout:
        future.cancel()
        return [_no_answer(f"no answer within {TIMEOUT:g} seconds")]
    except Exception as error:
        # The error's text can hold addresses, so it goes only into the log. Without the traceback: if Redis is away,
        # many parts fail at once, and writing them all would make the page wait.
        log.warning("health_part_failed", part=title, error=f"{type(error).__name__}: {error}"[:300])
        return [_no_answer("does not answer")]


def _no_answer(words: str) -> HealthFact:
    todo = "See if it runs and can be reached from the website; the website's log says more (health_part_failed)."
    return HealthFact(name="State", value=words, level=Severity.BAD, todo=todo)
