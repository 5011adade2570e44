"""The record of backups: when one was made, and when somebody restored one to see that it works."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from server.accounts.models import User
from server.administration.models import BackupRecord
from server.audit.models import AuditAction
from server.audit.services import record


class NoBackup(Exception):
    """There is no backup that somebody could have restored."""

    def __init__(self) -> None:
        super().__init__("No backup is recorded yet. Make one first.")


def newest() -> BackupRecord | None:
    """Return the newest backup; None if none was recorded."""
    return BackupRecord.objects.order_by("-made_at", "-pk").first()


def last_tested() -> datetime | None:
    """Return when somebody last restored a backup to try it; None if never."""
    row = BackupRecord.objects.exclude(tested_at=None).order_by("-tested_at").first()
    return row.tested_at if row else None


def note_made(size: int | None) -> BackupRecord:
    """Record that a backup of so many bytes was made now; None if its size is not known."""
    return BackupRecord.objects.create(made_at=timezone.now(), size=size)


@transaction.atomic
def note_tested(*, by: User | None) -> BackupRecord:
    """Record that the newest backup was restored somewhere and works. Raises NoBackup."""
    row = newest()
    if row is None:
        raise NoBackup
    row.tested_at = timezone.now()
    row.save(update_fields=["tested_at"])
    record(AuditAction.BACKUP_TESTED, course=None, by=by, what=f"the backup of {row.made_at:%Y-%m-%d %H:%M} UTC")
    return row
