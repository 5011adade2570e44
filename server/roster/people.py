"""Reading a CSV roster and planning what it changes, before anything is written.

Columns are found by name, in any order: `email` (required if there is no `id` or `username`), `name` or `first name`
and `last name`, `role` (student if absent). A person is looked up by id, then by user name, then by e-mail.

A course does not own the accounts of its members. A file changes name, e-mail and id of an account only if the account
has no password and is in no other course. Otherwise an instructor could take over any account through its e-mail.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Count, Q

from server.accounts.models import User
from server.courses.models import Course, Enrollment, Role

MOST_LINES = 5_000
COLUMNS = {
    "id": {"id", "external id", "external_id", "student id", "sis user id", "id number"},
    "username": {"username", "user name", "login", "sis login id"},
    "email": {"email", "e-mail", "email address", "mail"},
    "first_name": {"first name", "first_name", "firstname", "given name"},
    "last_name": {"last name", "last_name", "lastname", "surname", "family name"},
    "name": {"name", "full name", "student"},
    "role": {"role"},
}
ROLES = {"": Role.STUDENT, "ta": Role.TA, "teaching assistant": Role.TA} | {str(role): role for role in Role}


class Unreadable(Exception):
    """The text is not a roster. The message is for the instructor."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """A line of the file."""

    line: int
    id: str
    username: str
    email: str
    first_name: str
    last_name: str
    role: Role | None

    @property
    def name(self) -> str:
        """The name to show."""
        return f"{self.first_name} {self.last_name}".strip() or self.username or self.email or self.id


class Effect(StrEnum):
    """What a line of the file does. A faulty line does nothing."""

    NEW = "New account"
    JOINS = "Joins the course"
    CHANGED = "Changes"
    SAME = "No change"
    FAULTY = "Skipped"


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedLine:
    """The effect of one line, on which user, and notes: what changes, or why the line is skipped."""

    person: Person
    effect: Effect
    user: User | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a file does to a course. `unknown` are students of the course who are not in the file; they stay."""

    steps: list[PlannedLine]
    unknown: list[User]

    def count(self, effect: Effect) -> int:
        """Return how many lines have this effect."""
        return sum(step.effect is effect for step in self.steps)

    @property
    def fingerprint(self) -> str:
        """A text that changes if and only if the plan changes, so that a confirmation belongs to one plan."""
        return repr([(step.person, step.effect, step.user and step.user.pk, step.notes) for step in self.steps])


def read(text: str) -> list[Person]:
    """Return the people in a CSV file. Raises Unreadable if the header has no known column."""
    try:
        dialect: type[csv.Dialect] | str = csv.Sniffer().sniff(text[:4096], delimiters=",;\t")
    except csv.Error:
        dialect = "excel"
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), dialect)
    try:
        columns = [_column(title) for title in next(lines, [])]
        rows = [(lines.line_num, row) for row in lines if any(value.strip() for value in row)]
    except csv.Error as error:
        raise Unreadable(f"This is not a CSV file: {error}.") from None
    if not {"id", "username", "email"} & set(columns):
        raise Unreadable("The first line must name the columns. One of them must be email, id or username.")
    if len(rows) > MOST_LINES:
        raise Unreadable(f"A file can have at most {MOST_LINES} lines.")
    return [_person(number, dict(zip(columns, row, strict=False))) for number, row in rows]


def plan(course: Course, people: list[Person]) -> Plan:
    """Return what a file does to a course. Two queries, for any length."""
    users = list(User.objects.annotate(elsewhere=Count("enrollments", filter=~Q(enrollments__course=course))))
    roles = dict(Enrollment.objects.filter(course=course).values_list("user", "role"))
    known = _Accounts(users)
    emails = Counter(person.email for person in people if person.email)
    found: set[int] = set()
    steps = [_step(person, known, roles, emails, found) for person in people]
    students = {pk for pk, role in roles.items() if role == Role.STUDENT}
    return Plan(steps=steps, unknown=[user for user in users if user.pk in students - found])


class _Accounts:
    """All accounts, by id, user name and e-mail."""

    def __init__(self, users: Iterable[User]) -> None:
        users = list(users)
        self.by_id = {user.external_id: user for user in users if user.external_id}
        self.by_username = {user.username.lower(): user for user in users}
        self.by_email = {user.email.lower(): user for user in users if user.email}

    def find(self, person: Person) -> User | None:
        """Return the account of a person, or None. The id comes first: it always belongs to one person."""
        by_name = self.by_username.get(person.username.lower()) if person.username else None
        return self.by_id.get(person.id) or by_name or (self.by_email.get(person.email) if person.email else None)

    def fault(self, person: Person, user: User | None) -> str | None:
        """Return why this person cannot be this user; None if they can."""
        holder = self.by_email.get(person.email) if person.email else None
        if holder is not None and holder != user:
            return f"{person.email} belongs to another account."
        if user is not None and person.id and user.external_id and user.external_id != person.id:
            return f"This account has a different id, not {person.id}."
        namesake = self.by_username.get(username_of(person).lower())
        if user is None and namesake is not None:
            return f"The user name {username_of(person)} is taken."
        return None


def _step(
    person: Person, known: _Accounts, roles: dict[int, str], emails: Counter[str], found: set[int]
) -> PlannedLine:
    user = known.find(person)
    fault = _fault(person, emails) or known.fault(person, user)
    if user is not None and not fault and user.pk in found:
        fault = f"{user.display_name} appears twice in the file."
    if user is not None:
        found.add(user.pk)
    if fault:
        return PlannedLine(person=person, effect=Effect.FAULTY, user=user, notes=(fault,))
    if user is None:
        return PlannedLine(person=person, effect=Effect.NEW)
    changes = tuple(_changes(person, user, roles.get(user.pk)))
    effect = Effect.JOINS if user.pk not in roles else Effect.CHANGED if changes else Effect.SAME
    return PlannedLine(person=person, effect=effect, user=user, notes=changes)


def _fault(person: Person, emails: Counter[str]) -> str | None:
    if person.role is None:
        return "This role is unknown. Use student, ta or instructor."
    if emails[person.email] > 1:
        return f"{person.email} appears {_times(emails[person.email])} in the file."
    if person.email:
        try:
            validate_email(person.email)
        except ValidationError:
            return f"{person.email} is not an e-mail address."
    return None if username_of(person) else "This line has no e-mail, id or user name."


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


def _changes(person: Person, user: User, role: str | None) -> Iterable[str]:
    for field, new in details(person, user).items():
        yield f"{field.replace('_', ' ')}: {getattr(user, field) or 'none'} → {new}"
    if role is not None and person.role != role:
        yield f"role: {role} → {person.role}"


def details(person: Person, user: User) -> dict[str, str]:
    """Return the fields that a line sets in an account; none if the course cannot change the account."""
    if user.is_staff or user.is_superuser or user.has_usable_password() or getattr(user, "elsewhere", False):
        return {}
    new = {"first_name": person.first_name, "last_name": person.last_name, "email": person.email}
    changed = {field: value for field, value in new.items() if value and value != getattr(user, field)}
    return changed | ({"external_id": person.id} if person.id and not user.external_id else {})


def username_of(person: Person) -> str:
    """Return the user name for a new account; empty if the line has no name, e-mail or id."""
    return (person.username or person.email or person.id)[:150]


def _column(title: str) -> str:
    plain = title.strip().strip("\ufeff").lower()
    return next((column for column, names in COLUMNS.items() if plain in names), f"?{plain}")


def _person(line: int, row: dict[str, str]) -> Person:
    values = {column: row.get(column, "").strip().replace("\0", "") for column in COLUMNS}
    first, last = values["first_name"], values["last_name"]
    if values["name"] and not (first or last):
        first, last = _split(values["name"])
    return Person(
        line=line,
        id=values["id"][:200],
        username=values["username"],
        email=values["email"].lower(),
        first_name=first[:150],
        last_name=last[:150],
        role=ROLES.get(values["role"].lower()),
    )


def _split(name: str) -> tuple[str, str]:
    """Return first and last name of "Last, First" or "First Last"."""
    if "," in name:
        last, _, first = name.partition(",")
        return first.strip(), last.strip()
    first, _, last = name.rpartition(" ")
    return (first, last) if first else (last, "")
