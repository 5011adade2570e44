"""The database: the one in DATABASE_URL, else an SQLite file."""

from pathlib import Path
from typing import Any

import dj_database_url

from server.settings.environment import env


def given() -> dict[str, Any]:
    """Return the settings of the database in DATABASE_URL; empty if that is not set."""
    url = env.str("DATABASE_URL", "")
    if url.startswith("sqlite:///"):
        return sqlite(Path(url.removeprefix("sqlite:///")))
    if not url:
        return {}
    # A restart of the database breaks open connections, so each is checked before use.
    database: dict[str, Any] = dict(dj_database_url.parse(url, conn_health_checks=True))
    return database | {"OPTIONS": WATCHED | pooled() | database.get("OPTIONS", {})}


# A host that vanishes closes no connection. Without these limits, one that waits for it waits for 15 minutes, and
# PostgreSQL keeps the locks of a vanished worker for two hours. libpq watches from here, `options` from the database.
WATCHED: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 14_000,
    "options": "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=3 -c tcp_keepalives_count=3 "
    "-c tcp_user_timeout=14000 -c idle_in_transaction_session_timeout=300000",
}


def pooled() -> dict[str, Any]:
    """Return the option of a connection pool: opening a connection costs PostgreSQL more than most queries.

    Empty if CHAINRULE_DB_POOL is 0. Threads share the connections; a thread waits at most ten seconds for a free one.
    """
    size = env.int("CHAINRULE_DB_POOL", 4)
    return {"pool": {"min_size": 1, "max_size": size, "timeout": 10}} if size else {}


def one_at_a_time(database: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a database for a process that runs one task after another: one persistent connection.

    Changes them only if they have a pool. Celery would open a pool with its threads for each task, and close it.
    """
    options = database.get("OPTIONS", {})
    if "pool" not in options:
        return database
    rest = {name: value for name, value in options.items() if name != "pool"}
    return database | {"OPTIONS": rest, "CONN_MAX_AGE": 600}


def sqlite(path: Path) -> dict[str, Any]:
    """Return the settings of an SQLite file that several processes write to.

    Readers never wait (write-ahead log); writers wait for up to 20 s. A transaction takes the write lock when it
    begins, so two transactions that read before they write cannot both continue. Deleted rows are overwritten.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
            "PRAGMA secure_delete=ON;",
        },
    }
