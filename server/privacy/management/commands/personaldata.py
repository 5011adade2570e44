"""`manage.py personaldata`: export the data of a person, erase it, or make the person anonymous."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from server.accounts.models import User
from server.audit.models import Origin
from server.audit.origin import acting
from server.privacy.accounts import DataSubject
from server.privacy.erasure import ErasureRefused, carry_out, check, plan
from server.privacy.export import note_export, personal_data
from server.privacy.registry import Mode


class Command(BaseCommand):
    """Exports or erases the data of one person."""

    help = (
        "Export everything about a person as a ZIP file, erase it, or make the person anonymous. Erasing shows what "
        "will happen; it happens only with --confirm and the user name again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the arguments."""
        parser.add_argument("action", choices=["export", *Mode])
        parser.add_argument("username")
        parser.add_argument("--file", type=Path, help="where to write the export")
        parser.add_argument("--confirm", metavar="USERNAME", help="the user name again: do it")

    def handle(self, *_: Any, **options: Any) -> None:
        """Do what was asked for, as a command on the server."""
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError("There is no account with this user name.")
        with acting(Origin.COMMAND):
            if options["action"] == "export":
                self._export(DataSubject.of(user), options["file"])
            else:
                self._erase(DataSubject.of(user), Mode(options["action"]), options["confirm"])

    def _export(self, person: DataSubject, file: Path | None) -> None:
        if file is None:
            raise CommandError("Say where to write it: --file NAME.zip")
        with file.open("xb") as archive:
            file.chmod(0o600)
            for piece in personal_data(person):
                archive.write(piece)
        note_export(person, by=None)
        self.stdout.write(f"{file} has everything about {person.user.username}. Delete it when it is handed over.")

    def _erase(self, person: DataSubject, mode: Mode, confirmed: str | None) -> None:
        planned = plan(person, mode)
        for step in planned.steps:
            self.stdout.write(f"{step.policy.model}: {step.sentence}")
        try:
            check(person, by=None)
            if confirmed is None:
                self.stdout.write(f"Nothing was changed. To do it: --confirm {person.user.username}")
                return
            if confirmed != person.user.username:
                raise CommandError("--confirm has another user name. Nothing was changed.")
            carry_out(person, mode, by=None)
        except ErasureRefused as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Done: {person.number}.")
