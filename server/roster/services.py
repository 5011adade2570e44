"""Importing a roster."""

from django.db import transaction

from server.accounts.models import User
from server.courses.models import Course, Enrollment
from server.roster.people import Effect, Person, Plan, PlannedLine, details, plan, read, username_of


class PlanChanged(Exception):
    """The file no longer does what the preview showed. `plan` is what it does now."""

    def __init__(self, now: Plan) -> None:
        super().__init__("The course or an account has changed since the preview. This is what the file does now.")
        self.plan = now


@transaction.atomic
def take_in(course: Course, text: str, *, fingerprint: str) -> Plan:
    """Import a file as the preview showed it.

    Nobody is removed from the course, and no work is changed. Raises PlanChanged if the file does something else by
    now, Unreadable if it is not a roster.
    """
    Course.objects.select_for_update().get(pk=course.pk)
    now = plan(course, read(text))
    if now.fingerprint != fingerprint:
        raise PlanChanged(now)
    for step in now.steps:
        if step.effect in {Effect.NEW, Effect.JOINS, Effect.CHANGED}:
            _do(course, step)
    return now


def _do(course: Course, step: PlannedLine) -> None:
    user = step.user or _account(step.person)
    if step.user is not None:
        User.objects.filter(pk=user.pk).update(**details(step.person, user))
    Enrollment.objects.update_or_create(course=course, user=user, defaults={"role": str(step.person.role)})


def _account(person: Person) -> User:
    """Return a new account without a password. Its owner sets one by e-mail, or signs in through an LMS."""
    return User.objects.create_user(
        username=username_of(person),
        email=person.email,
        password=None,
        first_name=person.first_name,
        last_name=person.last_name,
        external_id=person.id or None,
    )
