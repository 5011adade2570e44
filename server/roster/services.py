"""Taking a roster in."""

from django.db import transaction

from server.accounts.models import User
from server.courses.models import Course, Enrollment
from server.roster.people import Kind, Person, Plan, Step, details, plan, read, username_of


class Moved(Exception):
    """What the file would do is no longer what was shown; `plan` is what it would do now."""

    def __init__(self, now: Plan) -> None:
        super().__init__("Somebody changed the course or an account meanwhile. This is what the file would do now.")
        self.plan = now


@transaction.atomic
def take_in(course: Course, text: str, *, fingerprint: str) -> Plan:
    """Do what a file says, as it was shown; Moved where it would do something else by now, Unreadable for no roster.

    Nobody is taken out of the course, and nobody's work is touched.
    """
    Course.objects.select_for_update().get(pk=course.pk)
    now = plan(course, read(text))
    if now.fingerprint != fingerprint:
        raise Moved(now)
    for step in now.steps:
        if step.kind in {Kind.NEW, Kind.JOINS, Kind.CHANGED}:
            _do(course, step)
    return now


def _do(course: Course, step: Step) -> None:
    user = step.user or _account(step.person)
    if step.user is not None:
        User.objects.filter(pk=user.pk).update(**details(step.person, user))
    Enrollment.objects.update_or_create(course=course, user=user, defaults={"role": str(step.person.role)})


def _account(person: Person) -> User:
    """Return a fresh account without a password: its owner asks for one by e-mail, or comes by way of an LMS."""
    return User.objects.create_user(
        username=username_of(person),
        email=person.email,
        password=None,
        first_name=person.first_name,
        last_name=person.last_name,
        external_id=person.id or None,
    )
