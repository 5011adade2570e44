"""Reading a CSV roster and saying what it would change, before anything does.

Columns by name, in any order: `email` is required where there is no `id` or `username`; `name`, or `first name` and
`last name`; `role` (student where absent). Somebody is found by id, then by user name, then by e-mail.

A course does not own its people's accounts. A file changes name, e-mail and id only of an account that has no password
and is in no other course: otherwise whoever teaches one course could take over anybody's account by its e-mail.
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
    """No roster; the text is for the instructor."""


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
        """What to call them."""
        return f"{self.first_name} {self.last_name}".strip() or self.username or self.email or self.id


class Kind(StrEnum):
    """What a line would do. Faulty ones do nothing."""

    NEW = "New account"
    JOINS = "Joins the course"
    CHANGED = "Changes"
    SAME = "Stays as it is"
    FAULTY = "Left out"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What one line would do, to whom, and why not, or what changes."""

    person: Person
    kind: Kind
    user: User | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a file would do. `unknown` are students of the course whom it does not name; they stay."""

    steps: list[Step]
    unknown: list[User]

    def count(self, kind: Kind) -> int:
        """Return how many lines are of a kind."""
        return sum(step.kind is kind for step in self.steps)

    @property
    def fingerprint(self) -> str:
        """What changes exactly when the plan does: whoever confirms a plan confirms this one."""
        return repr([(step.person, step.kind, step.user and step.user.pk, step.notes) for step in self.steps])


def read(text: str) -> list[Person]:
    """Return the people of a CSV file; Unreadable where it has no header that we know."""
    try:
        dialect: type[csv.Dialect] | str = csv.Sniffer().sniff(text[:4096], delimiters=",;\t")
    except csv.Error:
        dialect = "excel"
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), dialect)
    try:
        columns = [_column(title) for title in next(lines, [])]
        rows = [(lines.line_num, row) for row in lines if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise Unreadable(f"This is no CSV file: {error}.") from None
    if not {"id", "username", "email"} & set(columns):
        raise Unreadable("The first line must name the columns, and one of them must be email, id or username.")
    if len(rows) > MOST_LINES:
        raise Unreadable(f"At most {MOST_LINES} lines are taken in at once.")
    return [_person(number, dict(zip(columns, row, strict=False))) for number, row in rows]


def plan(course: Course, people: list[Person]) -> Plan:
    """Return what a file would do to a course. Two queries, however long it is."""
    users = list(User.objects.annotate(elsewhere=Count("enrollments", filter=~Q(enrollments__course=course))))
    roles = dict(Enrollment.objects.filter(course=course).values_list("user", "role"))
    known = _Known(users)
    emails = Counter(person.email for person in people if person.email)
    found: set[int] = set()
    steps = [_step(person, known, roles, emails, found) for person in people]
    students = {pk for pk, role in roles.items() if role == Role.STUDENT}
    return Plan(steps=steps, unknown=[user for user in users if user.pk in students - found])


class _Known:
    """Everybody with an account, by what names them."""

    def __init__(self, users: Iterable[User]) -> None:
        users = list(users)
        self.by_id = {user.external_id: user for user in users if user.external_id}
        self.by_username = {user.username.lower(): user for user in users}
        self.by_email = {user.email.lower(): user for user in users if user.email}

    def find(self, person: Person) -> User | None:
        """Return the account of a person; id first, for that never changes hands."""
        by_name = self.by_username.get(person.username.lower()) if person.username else None
        return self.by_id.get(person.id) or by_name or (self.by_email.get(person.email) if person.email else None)

    def fault(self, person: Person, user: User | None) -> str | None:
        """Return why this person cannot be this user, or None."""
        holder = self.by_email.get(person.email) if person.email else None
        if holder is not None and holder != user:
            return f"{person.email} belongs to another account."
        if user is not None and person.id and user.external_id and user.external_id != person.id:
            return f"This account has another id than {person.id}."
        namesake = self.by_username.get(username_of(person).lower())
        if user is None and namesake is not None:
            return f"The user name {username_of(person)} is taken."
        return None


def _step(person: Person, known: _Known, roles: dict[int, str], emails: Counter[str], found: set[int]) -> Step:
    user = known.find(person)
    fault = _fault(person, emails) or known.fault(person, user)
    if user is not None and not fault and user.pk in found:
        fault = f"{user.display_name} stands in the file twice."
    if user is not None:
        found.add(user.pk)
    if fault:
        return Step(person=person, kind=Kind.FAULTY, user=user, notes=(fault,))
    if user is None:
        return Step(person=person, kind=Kind.NEW)
    changes = tuple(_changes(person, user, roles.get(user.pk)))
    kind = Kind.JOINS if user.pk not in roles else Kind.CHANGED if changes else Kind.SAME
    return Step(person=person, kind=kind, user=user, notes=changes)


def _fault(person: Person, emails: Counter[str]) -> str | None:
    if person.role is None:
        return "This role is not known; there are student, ta and instructor."
    if emails[person.email] > 1:
        return f"{person.email} stands in the file {emails[person.email]} times."
    if person.email:
        try:
            validate_email(person.email)
        except ValidationError:
            return f"{person.email} is no e-mail address."
    return None if username_of(person) else "There is neither e-mail, id nor user name."


def _changes(person: Person, user: User, role: str | None) -> Iterable[str]:
    for field, new in details(person, user).items():
        yield f"{field.replace('_', ' ')}: {getattr(user, field) or 'none'} → {new}"
    if role is not None and person.role != role:
        yield f"role: {role} → {person.role}"


def details(person: Person, user: User) -> dict[str, str]:
    """Return what a line changes of an account: names, e-mail and a missing id, where it is the course's to change."""
    if user.is_staff or user.is_superuser or user.has_usable_password() or getattr(user, "elsewhere", False):
        return {}
    new = {"first_name": person.first_name, "last_name": person.last_name, "email": person.email}
    changed = {field: value for field, value in new.items() if value and value != getattr(user, field)}
    return changed | ({"external_id": person.id} if person.id and not user.external_id else {})


def username_of(person: Person) -> str:
    """Return the user name that a new account gets; empty where the line names nobody."""
    return (person.username or person.email or person.id)[:150]


def _column(title: str) -> str:
    plain = title.strip().strip("\ufeff").lower()
    return next((column for column, names in COLUMNS.items() if plain in names), f"?{plain}")


def _person(line: int, row: dict[str, str]) -> Person:
    cells = {column: row.get(column, "").strip().replace("\0", "") for column in COLUMNS}
    first, last = cells["first_name"], cells["last_name"]
    if cells["name"] and not (first or last):
        first, last = _split(cells["name"])
    return Person(
        line=line,
        id=cells["id"][:200],
        username=cells["username"],
        email=cells["email"].lower(),
        first_name=first[:150],
        last_name=last[:150],
        role=ROLES.get(cells["role"].lower()),
    )


def _split(name: str) -> tuple[str, str]:
    """Return first and last name of "Last, First" or "First Last"."""
    if "," in name:
        last, _, first = name.partition(",")
        return first.strip(), last.strip()
    first, _, last = name.rpartition(" ")
    return (first, last) if first else (last, "")
