"""`manage.py backups`: records of backups that other tools made, and that somebody restored one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from server.administration import backups
from server.administration.server_health.storage import backup_facts


class Command(BaseCommand):
    """Shows the last backup, or records one."""

    help = "Show when the last backup was made; record one that another tool made, or that a restore was tried."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what to do."""
        parser.add_argument("what", choices=["show", "made", "tested"], nargs="?", default="show")
        parser.add_argument("--bytes", type=int, help="with `made`: the size of the backup")

    def handle(self, *_: Any, **options: Any) -> None:
        """Do it, and say what is known now."""
        match options["what"]:
            case "made":
                backups.note_made(options["bytes"])
            case "tested":
                try:
                    backups.note_tested(by=None)
                except backups.NoBackup as error:
                    raise CommandError(str(error)) from None
        for fact in backup_facts():
            self.stdout.write(f"{fact.name}: {fact.value}")
