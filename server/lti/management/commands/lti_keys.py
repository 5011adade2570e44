"""`manage.py lti_keys`: show and rotate the keys that we sign with."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from server.lti.models import SigningKey
from server.lti.platform import keys


class Command(BaseCommand):
    """Rotates keys without a gap: the next key is published before it signs, the former key after it signed."""

    help = (
        "Show the keys of LTI, rotate them, or finish a rotation (for example a day later) by deleting the former ones."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the action."""
        parser.add_argument("what", choices=["show", "rotate", "finish"])

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the action, then show the keys."""
        if options["what"] == "rotate":
            self.stdout.write(f"{keys.rotate().kid} signs from now on")
        elif options["what"] == "finish":
            self.stdout.write(f"{keys.finish()} former keys deleted")
        keys.key_set()
        for key in SigningKey.objects.order_by("pk"):
            self.stdout.write(f"{key.kid} {key.state}")
