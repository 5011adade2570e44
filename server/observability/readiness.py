"""Whether this process can do its work: asked of those it needs, each with a few seconds to answer."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from functools import cache

import structlog
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from server.celery import app

# How long an answer may take (seconds): less than a probe usually waits.
PATIENCE = 3.0

log = structlog.get_logger(__name__)


def troubles() -> dict[str, str]:
    """Return what is wrong, by the part that is: "database", "migrations", "broker". Empty where all is well."""
    asked = {name: threads(name).submit(_asked, ask) for name, ask in ASK.items()}
    heard = {name: answer_of(name, answer) for name, answer in asked.items()}
    return {name: wrong for name, wrong in heard.items() if wrong}


def answer_of(name: str, answer: "Future[str]") -> str:
    """Wait for an answer, and return what is wrong according to it, or with it."""
    try:
        return answer.result(PATIENCE)
    except TooSlow:
        answer.cancel()
        return f"no answer within {PATIENCE:g} seconds"
    except Exception:
        # Whose words may hold addresses and names: they are for the log.
        log.warning("not_ready", part=name, exc_info=True)
        return "does not answer"


def _asked(ask: Callable[[], str]) -> str:
    try:
        return ask()
    finally:
        connection.close()


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _migrations() -> str:
    missing = known_migrations() - MigrationRecorder(connection).applied_migrations().keys()
    return f"{len(missing)} not applied: run `manage.py migrate`" if missing else ""


def _broker() -> str:
    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=PATIENCE)
    return ""


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """Return the migrations that this version has, as (app, name)."""
    return frozenset(MigrationLoader(None).disk_migrations or {})


@cache
def threads(_name: str) -> ThreadPoolExecutor:
    """Return the one thread that asks a part: what hangs keeps its own probes waiting, and no others."""
    return ThreadPoolExecutor(1, thread_name_prefix="readiness")


ASK: dict[str, Callable[[], str]] = {"database": _database, "migrations": _migrations, "broker": _broker}
