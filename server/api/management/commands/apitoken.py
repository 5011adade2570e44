"""`manage.py apitoken`: create a token for the API, or revoke one."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from server.accounts.models import User
from server.api import tokens
from server.api.access import OF_LEARNER
from server.api.models import ApiToken, TokenScope
from server.audit.models import Origin
from server.audit.origin import acting
from server.courses.models import Course, Role


class Command(BaseCommand):
    """Prints a new token, alone, on stdout. It cannot be shown again."""

    help = "Create a token for the API, bound to courses and scopes, and print it. It is shown only once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the arguments."""
        parser.add_argument("name", help="what it is for, such as the LMS's name")
        parser.add_argument("--course", action="append", default=[], metavar="SLUG")
        parser.add_argument("--scope", action="append", default=[], choices=TokenScope.values)
        parser.add_argument("--days", type=int, help="how long it is valid (default: for ever)")
        parser.add_argument("--user", metavar="NAME", help="a personal token: it acts for this person only")
        parser.add_argument("--owner", metavar="NAME", help="whose rights it has (default: an instructor)")
        parser.add_argument("--revoke", action="store_true", help="revoke the tokens of this name instead")

    def handle(self, *_: Any, **options: Any) -> None:
        """Create a token and print it, or revoke tokens."""
        with acting(Origin.COMMAND):
            self._run(options)

    def _run(self, options: dict[str, Any]) -> None:
        if options["revoke"]:
            self._revoke(options["name"])
            return
        courses = [_course(slug) for slug in options["course"]]
        if not courses or not options["scope"]:
            raise CommandError("Say what it opens: at least one --course and one --scope.")
        days, learner = options["days"], _user(options["user"])
        scopes = [TokenScope(scope) for scope in options["scope"]]
        _check_personal(learner, scopes)
        owner = _user(options["owner"]) or _instructor(courses)
        if learner is None and owner is None:
            self.stderr.write(
                "No active instructor teaches these courses, so the token has no owner and is suspended. An instructor "
                "can take it over on the page Integrations, or use --owner NAME."
            )
        _, token = tokens.make_token(
            options["name"],
            courses=courses,
            scopes=scopes,
            expires_at=None if days is None else timezone.now() + timedelta(days=days),
            learner=learner,
            owner=owner,
        )
        self.stdout.write(token)

    def _revoke(self, name: str) -> None:
        rows = ApiToken.objects.filter(name=name, revoked_at=None)
        if not rows:
            raise CommandError(f"There is no token called {name}.")
        for found in rows:
            tokens.revoke(found)
            self.stdout.write(f"revoked {found}")


def _course(slug: str) -> Course:
    course = Course.objects.filter(slug=slug).first()
    if course is None:
        raise CommandError(f"There is no course {slug}.")
    return course


def _user(name: str | None) -> User | None:
    if name is None:
        return None
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is nobody called {name}.")
    return user


def _check_personal(learner: User | None, scopes: list[TokenScope]) -> None:
    refused = [scope for scope in scopes if scope not in OF_LEARNER]
    if learner is not None and refused:
        raise CommandError(f"A personal token cannot have {', '.join(refused)}. Leave out --user, or these scopes.")


def _instructor(courses: list[Course]) -> User | None:
    """Return the first active instructor of all the courses."""
    rows = courses[0].enrollments.filter(role=Role.INSTRUCTOR, user__is_active=True)
    for row in rows.select_related("user").order_by("pk"):
        if all(row.user.has_perm("courses.manage", course) for course in courses):
            return row.user
    return None
