"""Whether this process can do its work: checks what it needs, each with a time limit of a few seconds."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from functools import cache

import structlog
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from server.celery import app

# How long one check can take (seconds): less than a probe usually waits.
TIMEOUT = 3.0

log = structlog.get_logger(__name__)


def troubles() -> dict[str, str]:
    """Return what is wrong, by the part that is: "database", "migrations", "broker". Empty if nothing is."""
    started = {name: threads(name).submit(_run, check) for name, check in CHECKS.items()}
    results = {name: result_of(name, future) for name, future in started.items()}
    return {name: wrong for name, wrong in results.items() if wrong}


def result_of(name: str, future: "Future[str]") -> str:
    """Wait for a check and return what is wrong; "" if nothing is."""
    try:
        return future.result(TIMEOUT)
    except FutureTimeout:
        future.cancel()
        return f"no answer within {TIMEOUT:g} seconds"
    except Exception:
        # The error's text can contain addresses and names, so it goes only into the log.
        log.warning("not_ready", part=name, exc_info=True)
        return "does not answer"


def _run(check: Callable[[], str]) -> str:
    try:
        return check()
    finally:
        connection.close()


def _check_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _check_migrations() -> str:
    missing = known_migrations() - MigrationRecorder(connection).applied_migrations().keys()
    return f"{len(missing)} not applied: run `manage.py migrate`" if missing else ""


def _check_broker() -> str:
    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=TIMEOUT)
    return ""


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """Return the migrations that this version contains, as (app, name)."""
    return frozenset(MigrationLoader(None).disk_migrations or {})


@cache
def threads(_name: str) -> ThreadPoolExecutor:
    """Return the one thread that checks a part. If a check hangs, only later checks of the same part wait."""
    return ThreadPoolExecutor(1, thread_name_prefix="readiness")


CHECKS: dict[str, Callable[[], str]] = {
    "database": _check_database,
    "migrations": _check_migrations,
    "broker": _check_broker,
}
