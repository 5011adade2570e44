"""`python -m grader verify --json | manage.py verified`: show instructors what was verified."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from server.dashboard.services import note_verifications


class Command(BaseCommand):
    """Notes the outcome of a verification, for the list of exercises."""

    help = "Read what `python -m grader verify --json` printed, and show it on the list of exercises."

    def handle(self, *_: Any, **__: Any) -> None:
        """Read standard input."""
        try:
            noted = note_verifications(json.load(sys.stdin))
        except (ValueError, TypeError, KeyError) as error:
            raise CommandError(f"This is not what `python -m grader verify --json` prints: {error}") from None
        self.stdout.write(f"{len(noted)} verifications noted")
