"""Plans what a roster changes, before anything is written. The import then does exactly that.

A person is looked up by id, then by user name, then by e-mail. What a line does not say stays as it is: without a role,
members keep theirs and new members become students.

A course does not own the accounts of its members. A file changes name, e-mail and id of an account only if the account
has no password and is in no other course. Otherwise an instructor could take over any account through its e-mail.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Count, Q

from server.accounts.models import User
from server.courses.models import Course, Enrollment, Role
from server.courses.services import loses_instructors
from server.roster.csv_file import Person

LONGEST_USERNAME, LONGEST_EMAIL = 150, 254


class Effect(StrEnum):
    """What a line of the file does. A faulty line does nothing."""

    NEW = "New account"
    JOINS = "Joins the course"
    CHANGED = "Changes"
    SAME = "No change"
    FAULTY = "Skipped"


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedLine:
    """The effect of one line, on which user, with which role afterwards, and notes: changes, or why it is skipped."""

    person: Person
    effect: Effect
    user: User | None = None
    role: Role | None = None
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


def plan(course: Course, people: list[Person], *, by: User) -> Plan:
    """Return what a file does to a course if `by` imports it. Two queries, for any length."""
    users = list(User.objects.annotate(elsewhere=Count("enrollments", filter=~Q(enrollments__course=course))))
    members = {row.user_id: row for row in Enrollment.objects.filter(course=course).select_related("section")}
    planner = _Planner(users, members, by=by, names=Counter(person.full_name for person in people))
    steps = _keeping_an_instructor([planner.step(person) for person in people], users, planner.roles)
    students = {pk for pk, role in planner.roles.items() if role == Role.STUDENT}
    return Plan(steps=steps, unknown=[user for user in users if user.pk in students - planner.found])


class _Accounts:
    """All accounts, by id, user name, e-mail and full name."""

    def __init__(self, users: Collection[User]) -> None:
        self._all = {user.pk: user for user in users}
        # What a merged account was known by leads to the account that it became.
        self.by_id = {user.external_id: self._surviving(user) for user in users if user.external_id}
        self.by_username = {user.username.lower(): self._surviving(user) for user in users}
        by_email = {user.email.lower(): self._surviving(user) for user in users if user.email and user.merged_into_id}
        self.by_email = by_email | {
            user.email.lower(): user for user in users if user.email and not user.merged_into_id
        }
        self.by_name: dict[str, list[User]] = defaultdict(list)
        for user in users:
            self.by_name[user.get_full_name()].append(user)

    def _surviving(self, user: User) -> User:
        return self._surviving(self._all[user.merged_into_id]) if user.merged_into_id else user

    def find(self, person: Person) -> User | None:
        """Return the account of a person, or None. The id comes first: it always belongs to one person."""
        return next(iter(self._matches(person)), None)

    def fault(self, person: Person, user: User | None) -> str:
        """Return why this person cannot be this user; "" if they can."""
        if any(other != user for other in self._matches(person)):
            return "This id, user name and e-mail belong to different accounts."
        holder = self.by_email.get(person.email) if person.email else None
        if holder is not None and holder != user:
            return f"{person.email} belongs to another account."
        if user is not None and person.id and user.external_id and self.by_id.get(person.id) != user:
            return f"This account has a different id, not {person.id}."
        if user is None and username_of(person).lower() in self.by_username:
            return f"The user name {username_of(person)} is taken."
        return ""

    def _matches(self, person: Person) -> list[User]:
        """The accounts that the line names. An account that was made from an e-mail has it as its user name."""
        by_username = self.by_username.get(username_of(person).lower()) if person.username else None
        found = [self.by_id.get(person.id), by_username]
        if not any(found) and person.email:
            found = [self.by_email.get(person.email) or self.by_username.get(person.email)]
        return [user for user in found if user is not None]


class _Planner:
    """Plans one line after another, and remembers which accounts and names the lines before have taken."""

    def __init__(
        self, users: Collection[User], members: dict[int, Enrollment], *, by: User, names: Counter[str]
    ) -> None:
        self.found: set[int] = set()
        self.roles = {pk: row.role for pk, row in members.items()}
        self._known, self._members, self._by, self._names = _Accounts(users), members, by, names
        self._taken: dict[tuple[str, str], int] = {}

    def step(self, person: Person) -> PlannedLine:
        user = self._known.find(person)
        fault = person.fault or _fault(person) or self._known.fault(person, user) or self._conflict(person, user)
        if user is not None:
            self.found.add(user.pk)
        if fault:
            return PlannedLine(person=person, effect=Effect.FAULTY, user=user, notes=(fault,))
        self._take(person, user)
        if user is None:
            return PlannedLine(person=person, effect=Effect.NEW, role=person.role or Role.STUDENT)
        member = self._members.get(user.pk)
        changes = tuple(_changes(person, user, member))
        effect = Effect.JOINS if member is None else Effect.CHANGED if changes else Effect.SAME
        role = person.role or Role(member.role if member else Role.STUDENT)
        return PlannedLine(person=person, effect=effect, user=user, role=role, notes=changes)

    def _conflict(self, person: Person, user: User | None) -> str:
        """Return what another line or another member stands against; "" if nothing does."""
        for kind, value in _keys(person, user):
            if (kind, value) in self._taken:
                return f"Line {self._taken[kind, value]} has the same {kind}."
        if user is None:
            return self._twin(person)
        role = self.roles.get(user.pk)
        if user == self._by and role == Role.INSTRUCTOR and person.role not in {None, Role.INSTRUCTOR}:
            return "This is you: another instructor must change your role."
        return ""

    def _take(self, person: Person, user: User | None) -> None:
        for key in _keys(person, user):
            self._taken[key] = person.line

    def _twin(self, person: Person) -> str:
        """Return a question if a line that only has a new address seems to be a member whose address has changed."""
        if person.id or person.username or not person.full_name or self._names[person.full_name] > 1:
            return ""
        twins = [user for user in self._known.by_name[person.full_name] if user.pk in self.roles]
        if len(twins) != 1 or twins[0].pk in self.found:
            return ""
        return (
            f"{person.full_name} is in the course as {twins[0].email or twins[0].username}. If this is the same "
            f"person, give the line the username {twins[0].username}; if not, an id or a username of its own."
        )


def _keys(person: Person, user: User | None) -> list[tuple[str, str]]:
    """What only one line of a file can have: an account, an id, a user name, an address."""
    keys = [("account", str(user.pk))] if user is not None else [("user name", username_of(person).lower())]
    keys += [("id", person.id)] if person.id else []
    return keys + ([("e-mail", person.email)] if person.email else [])


def _keeping_an_instructor(steps: list[PlannedLine], users: Iterable[User], roles: dict[int, str]) -> list[PlannedLine]:
    """Return the steps; if they leave the course without an instructor, those that take the role away are skipped."""
    active = {user.pk for user in users if user.is_active}
    before = {pk: role for pk, role in roles.items() if pk in active}
    after = dict(before)
    for step in steps:
        if step.effect is not Effect.FAULTY and step.user is not None and step.person.role and step.user.pk in active:
            after[step.user.pk] = str(step.person.role)
    gains = any(step.effect is Effect.NEW and step.person.role is Role.INSTRUCTOR for step in steps)
    if gains or not loses_instructors(before.values(), after.values()):
        return steps
    return [_without_demotion(step, roles) for step in steps]


def _without_demotion(step: PlannedLine, roles: dict[int, str]) -> PlannedLine:
    if step.effect is Effect.FAULTY or step.user is None or roles.get(step.user.pk) != Role.INSTRUCTOR:
        return step
    return replace(step, effect=Effect.FAULTY, notes=("The course would be left without an instructor.",))


def _fault(person: Person) -> str:
    if len(person.email) > LONGEST_EMAIL:
        return f"The e-mail address has more than {LONGEST_EMAIL} characters."
    if person.email:
        try:
            validate_email(person.email)
        except ValidationError:
            return f"{person.email} is not an e-mail address."
    username = username_of(person)
    if not username:
        return "This line has no e-mail, id or user name."
    if len(username) > LONGEST_USERNAME:
        return f"The user name has more than {LONGEST_USERNAME} characters."
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError:
        return f"The user name {username} can have letters, digits and @ . + - _ only. Add a column username."
    return ""


def _changes(person: Person, user: User, member: Enrollment | None) -> Iterable[str]:
    for field, new in details(person, user).items():
        yield f"{field.replace('_', ' ')}: {getattr(user, field) or 'none'} → {new}"
    if member is not None and person.role is not None and person.role != member.role:
        yield f"role: {member.role} → {person.role}"
    now = member.section.name if member and member.section else ""
    if person.section and person.section.casefold() != now.casefold():
        yield f"section: {now or 'none'} → {person.section}"


def details(person: Person, user: User) -> dict[str, str]:
    """Return the fields that a line sets in an account; none if the course cannot change the account."""
    if user.is_staff or user.is_superuser or user.has_usable_password() or getattr(user, "elsewhere", False):
        return {}
    new = {"first_name": person.first_name, "last_name": person.last_name, "email": person.email}
    changed = {field: value for field, value in new.items() if value and value != getattr(user, field)}
    return changed | ({"external_id": person.id} if person.id and not user.external_id else {})


def username_of(person: Person) -> str:
    """Return the user name for a new account; empty if the line has no name, e-mail or id."""
    return User.normalize_username(person.username or person.email or person.id)
