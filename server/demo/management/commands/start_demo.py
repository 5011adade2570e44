"""`manage.py start_demo`: what `make demo` needs of the database, in one process."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Prepares the database while the graders start, and then grades the samples through them.

    One process, because every start of Django takes seconds.
    """

    help = "Migrate the database, create the demo course, make the file PREPARED, and grade the samples."
    # They import every page; the website does that anyway.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the file, the exercises and the time limit."""
        parser.add_argument("prepared", type=Path, help="the file that says that the course is there")
        parser.add_argument("slugs", nargs="+", metavar="SLUG")
        parser.add_argument("--timeout", type=float, default=180.0, help="seconds to wait for all reports")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the commands one after the other; each raises CommandError if it fails."""
        call_command("demo", migrate=True, stdout=self.stdout)
        self.stdout.flush()
        options["prepared"].touch()
        call_command("grade_samples", *options["slugs"], timeout=options["timeout"], stdout=self.stdout)
