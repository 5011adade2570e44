"""Importing a roster."""

from typing import Any

from django.db import IntegrityError, transaction

from server.accounts.models import User
from server.courses.models import Course, Enrollment, Role, Section
from server.courses.services import lock_members
from server.roster.csv_file import Person, read
from server.roster.plan import Effect, Plan, PlannedLine, details, plan, username_of
from server.roster.sections import find_or_add

WRITES = frozenset({Effect.NEW, Effect.JOINS, Effect.CHANGED})


class PlanChanged(Exception):
    """The file no longer does what the preview showed. `plan` is what it does now."""

    def __init__(self, now: Plan) -> None:
        super().__init__("The course or an account has changed since the preview. This is what the file does now.")
        self.plan = now


def take_in(course: Course, text: str, *, fingerprint: str, by: User) -> Plan:
    """Import a file as the preview showed it, all of it or nothing.

    Nobody is removed from the course, and no work is changed. Raises PlanChanged if the file does something else by
    now, Unreadable if it is not a roster.
    """
    people = read(text)
    try:
        with transaction.atomic():
            lock_members(course)
            now = plan(course, people, by=by)
            if now.fingerprint != fingerprint:
                raise PlanChanged(now)
            sections = _sections(course, now.steps)
            for step in now.steps:
                if step.effect in WRITES:
                    _do(course, step, sections)
            return now
    except IntegrityError:
        # Another course's import, or a launch, has made one of the accounts in the meantime.
        raise PlanChanged(plan(course, people, by=by)) from None


@transaction.atomic
def add(course: Course, person: Person, *, by: User) -> PlannedLine:
    """Add one person, as an import of one line does. The line says what happened, or why nothing did."""
    lock_members(course)
    (step,) = plan(course, [person], by=by).steps
    if step.effect in {Effect.NEW, Effect.JOINS}:
        _do(course, step, _sections(course, [step]))
    return step


def _sections(course: Course, steps: list[PlannedLine]) -> dict[str, Section]:
    """Return the section of each name in the lines, in lower case. New names become sections."""
    names = {step.person.section for step in steps if step.effect in WRITES and step.person.section}
    return {name.casefold(): find_or_add(course, name) for name in sorted(names)}


def _do(course: Course, step: PlannedLine, sections: dict[str, Section]) -> None:
    user = step.user or _account(step.person)
    if step.user is not None:
        User.objects.filter(pk=user.pk).update(**details(step.person, user))
    said: dict[str, Any] = {}
    if step.person.role is not None:
        said |= {"role": str(step.person.role), "role_decided": True}
    said |= {"section": sections[step.person.section.casefold()]} if step.person.section else {}
    new = {"role": str(Role.STUDENT)} | said
    Enrollment.objects.update_or_create(course=course, user=user, defaults=said, create_defaults=new)


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
