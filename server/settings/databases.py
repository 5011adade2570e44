"""The database: the one that DATABASE_URL names, else one that needs no installation."""

from pathlib import Path
from typing import Any

import dj_database_url

from server.settings.environment import env


def given() -> dict[str, Any]:
    """Return the settings of the database that DATABASE_URL names; empty where it is not set."""
    url = env.str("DATABASE_URL", "")
    if url.startswith("sqlite:///"):
        return sqlite(Path(url.removeprefix("sqlite:///")))
    # A database that was started again has forgotten our connections: each is asked before it is used.
    return dict(dj_database_url.parse(url, conn_health_checks=True)) | pooled() if url else {}


def pooled() -> dict[str, Any]:
    """Return what has a process keep a few connections open: to open one costs PostgreSQL more than to answer.

    Off where CHAINRULE_DB_POOL is 0. Threads take turns; who finds none free waits for one, ten seconds at most.
    """
    size = env.int("CHAINRULE_DB_POOL", 4)
    return {"OPTIONS": {"pool": {"min_size": 1, "max_size": size, "timeout": 10}}} if size else {}


def one_at_a_time(database: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a database for a process that does one thing after another: a connection that it keeps.

    Only where there was a pool. Celery would open one for each task, with its threads, and close it again.
    """
    options = database.get("OPTIONS", {})
    if "pool" not in options:
        return database
    rest = {name: value for name, value in options.items() if name != "pool"}
    return database | {"OPTIONS": rest, "CONN_MAX_AGE": 600}


def sqlite(path: Path) -> dict[str, Any]:
    """Return the settings of an SQLite file that several processes write to.

    Readers never wait (write-ahead log), writers queue up for 20 s. A transaction takes the write lock when it
    begins, so that two that read before they write cannot both go ahead.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        },
    }
