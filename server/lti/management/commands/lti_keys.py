"""`manage.py lti_keys`: the keys that we sign with."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from server.lti.models import SigningKey
from server.lti.platform import keys


class Command(BaseCommand):
    """Rotates keys without a gap: what signs next was published long before, what signed last still is."""

    help = "Show the keys of LTI, rotate them, or finish a rotation (a day later, say) by forgetting the former ones."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do."""
        parser.add_argument("what", choices=["show", "rotate", "finish"])

    def handle(self, *_: Any, **options: Any) -> None:
        """Do it, and show what keys there are then."""
        if options["what"] == "rotate":
            self.stdout.write(f"{keys.rotate().kid} signs from now on")
        elif options["what"] == "finish":
            self.stdout.write(f"{keys.finish()} former keys forgotten")
        keys.key_set()
        for key in SigningKey.objects.order_by("pk"):
            self.stdout.write(f"{key.kid} {key.state}")
