"""`manage.py serverhealth`: what the page Health says, for scripts."""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from server.administration.server_health.facts import Severity
from server.administration.server_health.read import read_health

MARKS = {Severity.GOOD: "ok  ", Severity.NOTE: "    ", Severity.WARNING: "WARN", Severity.BAD: "BAD "}


class Command(BaseCommand):
    """Prints every part of this server. The exit status is 1 if something does not work."""

    help = "Show the health of this server. Exit status: 0 if everything works, 1 if something does not."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --todo."""
        parser.add_argument("--todo", action="store_true", help="only what needs somebody")

    def handle(self, *_: Any, **options: Any) -> None:
        """Print and exit."""
        found = read_health()
        for part in found.parts:
            for fact in part.facts:
                if fact.todo or not options["todo"]:
                    self.stdout.write(f"{MARKS[fact.level]} {part.title}: {fact.name}: {fact.value}")
                    if fact.todo:
                        self.stdout.write(f"       {fact.todo}")
        if not found.is_complete:
            # A thread waits for the part that hangs. Python would wait for the thread.
            self.stdout.flush()
            os._exit(1)
        sys.exit(1 if found.is_bad else 0)
