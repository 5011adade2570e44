"""Which backups of the database were made."""

from django.db import models


class BackupRecord(models.Model):
    """A backup, written by the command that made it: when, how many bytes, and when somebody tried to restore it.

    `deploy/postgres/backup` inserts rows with SQL, so renaming this table breaks it.
    """

    made_at = models.DateTimeField(db_index=True)
    size = models.BigIntegerField(null=True)
    tested_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"backup of {self.made_at:%F %T}"
