"""`manage.py demo`: create the demo course."""

from typing import Any

from django.core.management.base import BaseCommand

from server.demo.course import make_demo


class Command(BaseCommand):
    """Creates the demo course and its accounts if they do not exist."""

    help = "Create the demo course, with accounts whose password is their name. It is safe to run this again."

    def handle(self, *_: Any, **__: Any) -> None:
        """Create the course and print how to sign in."""
        course = make_demo()
        self.stdout.write(
            f"{course.title}: {course.assignments.count()} exercises; sign in as student1 to student60, ta, "
            "instructor or admin, with the name as password"
        )
