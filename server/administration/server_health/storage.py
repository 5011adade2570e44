"""Backups, the database, and free disk."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from server.administration import backups
from server.administration.server_health.facts import HealthFact, Severity, age, count_of, size
from server.administration.server_health.workers import report
from server.observability.readiness import known_migrations

# A nightly backup that failed twice.
OLD_BACKUP = timedelta(days=2)
# A restore that nobody has tried for so long is not known to work.
OLD_TEST = timedelta(days=180)
SMALLEST_SHARE, SMALLEST = 0.1, 2_000_000_000
HOW = "deploy/README.md, Backup, says how"


def backup_facts(now: datetime | None = None) -> list[HealthFact]:
    """Return when the last backup was made, how large it is, and when somebody tried to restore one."""
    now = now or timezone.now()
    newest, tested = backups.newest(), backups.last_tested()
    return [_newest(newest.made_at if newest else None, newest.size if newest else None, now), _tested(tested, now)]


def _newest(made_at: datetime | None, bytes_: int | None, now: datetime) -> HealthFact:
    if made_at is None:
        todo = f"Make a backup now, and one every night: {HOW}."
        return HealthFact(name="Last backup", value="NEVER", level=Severity.BAD, todo=todo)
    old = now - made_at > OLD_BACKUP
    value = f"{age(made_at, now)} ({made_at:%Y-%m-%d %H:%M} UTC)" + (
        f", {size(bytes_)}" if bytes_ else ", size unknown"
    )
    empty = bytes_ == 0
    todo = ""
    if empty:
        todo = f"The last backup is empty: run the backup command by hand and read its error ({HOW})."
    elif old:
        todo = f"Find out why the nightly backup does not run any more, and make one now: {HOW}."
    return HealthFact(name="Last backup", value=value, level=Severity.BAD if old or empty else Severity.GOOD, todo=todo)


def _tested(tested: datetime | None, now: datetime) -> HealthFact:
    if tested is not None and now - tested <= OLD_TEST:
        return HealthFact(name="Restored to try it", value=age(tested, now))
    return HealthFact(
        name="Restored to try it",
        value="NEVER" if tested is None else age(tested, now),
        level=Severity.WARNING,
        todo="Restore a backup on another machine, see that the grades are there, and record it with the button here.",
    )


def database_facts() -> list[HealthFact]:
    """Return which database it is, how large, and whether its tables fit this version."""
    missing = known_migrations() - MigrationRecorder(connection).applied_migrations().keys()
    pending = len(missing)
    return [
        HealthFact(name="Version", value=_database_version()),
        HealthFact(name="Size", value=_database_size()),
        HealthFact(
            name="Migrations",
            value=f"{count_of(pending, 'is', 'are')} pending" if pending else "all applied",
            level=Severity.BAD if pending else Severity.GOOD,
            todo="Run `manage.py migrate`: this website expects tables that are not there yet." if pending else "",
        ),
    ]


def _database_version() -> str:
    if connection.vendor == "postgresql":
        version = connection.pg_version  # type: ignore[attr-defined] # only this backend has it
        return f"PostgreSQL {version // 10_000}.{version % 10_000}"
    return f"SQLite {'.'.join(map(str, connection.Database.sqlite_version_info))}"  # type: ignore[attr-defined]


def _database_size() -> str:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return size(cursor.fetchone()[0])
    files = [Path(f"{connection.settings_dict['NAME']}{ending}") for ending in ("", "-wal")]
    return size(sum(path.stat().st_size for path in files if path.exists()))


def disk_facts() -> list[HealthFact]:
    """Return the free disk of this website and, as they report it, of the graders."""
    usage = shutil.disk_usage(settings.VAR)
    found = [_free("Of this website", usage.free, usage.total)]
    if connection.vendor == "postgresql":
        words = "not visible from here: watch the disk of the database's machine"
        found.append(HealthFact(name="Of the database", value=words, level=Severity.NOTE))
    for name, said in sorted(report().get("graders", {}).items()):
        if "disk_free" in said and "disk_total" in said:
            found.append(_free(f"Of {name} and its images", said["disk_free"], said["disk_total"]))
    return found


def _free(name: str, free: float, total: float) -> HealthFact:
    full = free < SMALLEST or free < SMALLEST_SHARE * total
    return HealthFact(
        name=name,
        value=f"{size(free)} free of {size(total)}",
        level=Severity.BAD if full else Severity.GOOD,
        todo="Make room on this disk, before writes fail: delete old images, logs and dumps." if full else "",
    )
