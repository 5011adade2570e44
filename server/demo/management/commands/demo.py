"""`manage.py demo`: create the demo course."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from server.demo.course import make_demo
from server.demo.new_database import prepare_database


class Command(BaseCommand):
    """Creates the demo course and its accounts if they do not exist."""

    help = "Create the demo course, with accounts whose password is their name. It is safe to run this again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the migrations."""
        parser.add_argument("--migrate", action="store_true", help="bring the database up to date first")

    def handle(self, *_: Any, **options: Any) -> None:
        """Create the course and print how to sign in."""
        if options["migrate"]:
            prepare_database()
        course = make_demo()
        self.stdout.write(
            f"{course.title}: {course.assignments.count()} exercises; sign in as student1 to student60, ta, "
            "instructor or admin, with the name as password"
        )
