"""`python -m grader verify --json | manage.py verified`: show the results to instructors."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from server.dashboard.services import record_verifications


class Command(BaseCommand):
    """Stores the results of the quality checks for the list of exercises."""

    help = "Read the output of `python -m grader verify --json` and show it on the list of exercises."

    def handle(self, *_: Any, **__: Any) -> None:
        """Read standard input."""
        try:
            noted = record_verifications(json.load(sys.stdin))
        except (ValueError, TypeError, KeyError) as error:
            raise CommandError(f"This is not the output of `python -m grader verify --json`: {error}") from None
        self.stdout.write(f"{len(noted)} verifications recorded")
