"""`manage.py demo`: the demo course."""

from typing import Any

from django.core.management.base import BaseCommand

from server.demo.course import make_demo


class Command(BaseCommand):
    """Makes the demo course and its accounts, once."""

    help = "Make the demo course, with accounts whose password is their name. Does no harm when run again."

    def handle(self, *_: Any, **__: Any) -> None:
        """Make it and say what is there."""
        course = make_demo()
        self.stdout.write(
            f"{course.title}: {course.assignments.count()} exercises; sign in as student1 to student60, ta, "
            "instructor or admin, with the name as password"
        )
