"""Erasing a person, and making a person anonymous.

Erasing deletes every row about the person. Making anonymous keeps points, times and roles under a number, so that the
statistics of a class stay as they are; code, outputs, comments and names are deleted. Neither changes anybody else's
grade. What a person wrote about others as a teacher stays, under a number.

Both are one transaction. Before it, `plan` says what will happen, and `carry_out` does exactly that.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from server.accounts.models import User
from server.audit.models import AuditAction
from server.audit.services import record
from server.courses.models import Enrollment, Role
from server.lessons.models import PATIENCE, SnippetRun
from server.mail.models import Mail
from server.privacy.accounts import DataSubject
from server.privacy.registry import TABLES, Mode, TablePolicy, Treatment
from server.regrades.models import Rerun
from server.submissions.models import OPEN, State, Submission

BATCH = 200


class ErasureRefused(Exception):
    """Nothing was erased. The text says why, for the person who asked for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What happens in one table: to how many rows.

    `about` counts the rows about the person, `by` those about others that the person wrote, `linked` those that stay
    and name the person in a column, `named` those in which a text has the name.
    """

    policy: TablePolicy
    treatment: Treatment
    about: int
    by: int
    linked: int
    named: int
    erases: bool

    @property
    def is_needed(self) -> bool:
        """Whether anything happens."""
        return bool(self.about or self.by or self.linked or self.named)

    @property
    def sentence(self) -> str:
        """The step in words."""
        parts = [
            (self.about, f"{self.about} {self.treatment}"),
            (self.about and not self.erases and self.policy.note, self.policy.note),
            (self.by, f"{self.by} about others: kept under a number"),
            (self.linked, f"{self.linked} kept {'without the person' if self.erases else 'under a number'}"),
            (self.named, f"the name is replaced in {self.named} text{'s' * (self.named != 1)}"),
        ]
        return "; ".join(text for condition, text in parts if condition)


@dataclass(frozen=True, kw_only=True, slots=True)
class ErasurePlan:
    """Everything that will happen. `digest` changes if anything of it changes."""

    person: DataSubject
    mode: Mode
    steps: tuple[Step, ...]

    @property
    def digest(self) -> str:
        """A short text by which a later plan is compared with the one that somebody saw."""
        counted = [
            (one.policy.model, str(one.treatment), one.about, one.by, one.linked, one.named) for one in self.steps
        ]
        return hashlib.sha256(repr((self.person.keys, str(self.mode), counted)).encode()).hexdigest()

    @property
    def summary(self) -> str:
        """The plan in a few words without personal data, for the audit log."""
        submissions = next((one.about for one in self.steps if one.policy.model == "submissions.Submission"), 0)
        return f"{submissions} submission{'s' * (submissions != 1)}, {sum(one.about for one in self.steps)} rows in all"


def plan(person: DataSubject, mode: Mode) -> ErasurePlan:
    """Return what erasing a person, or making them anonymous, will do. Changes nothing."""
    steps = [step for policy in TABLES if (step := _step(policy, person, mode)).is_needed]
    if mode is Mode.ERASE and not any(step.by for step in steps):
        # Nothing that stays names the account, so it goes, too.
        steps = [replace(step, treatment=Treatment.DELETED) if step.policy.table is User else step for step in steps]
    return ErasurePlan(person=person, mode=mode, steps=tuple(steps))


def _step(policy: TablePolicy, person: DataSubject, mode: Mode) -> Step:
    return Step(
        policy=policy,
        treatment=policy.treatment(mode),
        about=policy.about_person(person).order_by().values("pk").distinct().count(),
        by=_about_others(policy, person).count(),
        linked=policy.linked_to(person).count(),
        named=len(_named(policy, person)),
        erases=mode is Mode.ERASE,
    )


def _about_others(policy: TablePolicy, person: DataSubject) -> Any:
    """Return the rows about others that a person wrote. What they wrote about themselves goes with the rest."""
    own = policy.about_person(person).order_by().values("pk")
    return policy.by_person(person).exclude(pk__in=own)


def check(person: DataSubject, *, by: User | None) -> None:
    """Raise ErasureRefused if the person cannot be erased now."""
    if by is not None and by.pk in person.keys:
        raise ErasureRefused("This is you. Another administrator must do this.")
    open_now = Submission.objects.filter(Q(state__in=OPEN) | Q(cancel_cost="unknown"), learner__in=person.keys)
    reruns = Rerun.objects.filter(submission__learner__in=person.keys, state=State.QUEUED)
    blocks = SnippetRun.objects.filter(
        learner__in=person.keys, finished_at=None, started_at__gt=timezone.now() - PATIENCE
    )
    waiting = open_now.count() + reruns.count() + blocks.count()
    if waiting:
        # Their code is in Redis, too, until a grader has answered.
        raise ErasureRefused(f"{waiting} of this person's submissions are being graded now. Try again in a minute.")
    _check_courses(person)
    if any(account.is_superuser for account in person.accounts):
        others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk__in=person.keys)
        if not others.exists():
            raise ErasureRefused("This is the only administrator. Make another person one first.")


def _check_courses(person: DataSubject) -> None:
    taught = Enrollment.objects.filter(user__in=person.keys, role=Role.INSTRUCTOR).select_related("course")
    for one in taught:
        others = Enrollment.objects.filter(course=one.course, role=Role.INSTRUCTOR).exclude(user__in=person.keys)
        if not others.exists():
            raise ErasureRefused(f"This is the only instructor of {one.course}. Give the role to another person first.")


@transaction.atomic
def carry_out(person: DataSubject, mode: Mode, *, by: User | None, digest: str | None = None) -> ErasurePlan:
    """Erase a person, or make them anonymous, and return what was done.

    Raises ErasureRefused if it cannot be done now, or if `digest` is not that of the present plan.
    """
    list(User.objects.select_for_update().filter(pk__in=person.keys))
    check(person, by=by)
    planned = plan(person, mode)
    if digest is not None and digest != planned.digest:
        raise ErasureRefused("Something changed since this page was shown. Look at it again, then confirm.")
    for step in planned.steps:
        _carry_out(step, person, mode)
    _empty_accounts(person, mode)
    action = AuditAction.ERASED if mode is Mode.ERASE else AuditAction.MADE_ANONYMOUS
    record(action, course=None, by=by, what=person.number, after=planned.summary)
    transaction.on_commit(_flush)
    return planned


def _carry_out(step: Step, person: DataSubject, mode: Mode) -> None:
    policy, about = step.policy, step.policy.about_person(person)
    if policy.model == "gradebook.GradeChange" and step.treatment is Treatment.DELETED:
        about.update(undoes=None)  # otherwise an undone change would have to go before the one that undid it
    if policy.model == "mail.Letter":
        about = policy.rows.filter(pk__in=list(about.values_list("pk", flat=True)))
        Mail.objects.filter(letter__in=about).update(letter=None)
    if policy.model == "courses.Enrollment" and step.treatment is Treatment.NUMBERED:
        # A number can count in a statistic, but it cannot teach.
        delete(about.exclude(role=Role.STUDENT))
    if policy.table is User:
        return  # the accounts go last
    if step.treatment is Treatment.DELETED:
        delete(about)
    elif step.treatment is Treatment.EMPTIED:
        empty(about, policy.emptied)
    if mode is Mode.ERASE:
        for column in policy.unlinked:
            policy.rows.filter(**{f"{column}__in": person.keys}).update(**{column: None})
    _replace_names(policy, person)


def delete(rows: Any) -> None:
    """Delete rows as they are: no signal is sent, and nothing that points to them is deleted silently.

    If something still points to one of them, the database refuses the transaction.
    """
    rows.model._base_manager.filter(pk__in=rows.order_by().values("pk"))._raw_delete(rows.db)


def empty(rows: Any, columns: dict[str, Any] | Any) -> None:
    """Set columns to a value, or to what a function makes of the old one; a batch at a time."""
    plain = {name: value for name, value in columns.items() if not callable(value)}
    made: dict[str, Callable[[Any], Any]] = {name: value for name, value in columns.items() if callable(value)}
    keys = list(rows.order_by("pk").values_list("pk", flat=True).distinct())
    writable = _writable(rows.model)
    if plain:
        for some in _batches(keys):
            writable.filter(pk__in=some).update(**plain)
    for key in keys if made else ():
        row = writable.filter(pk=key).values(*made).get()
        writable.filter(pk=key).update(**{name: make(row[name]) for name, make in made.items()})


def _writable(model: Any) -> Any:
    """Return all rows of a model; unlike its own manager, this writes tables that only grow."""
    return next(one.rows for one in TABLES if one.table is model)


def _batches(keys: list[Any]) -> Iterable[list[Any]]:
    return (keys[i : i + BATCH] for i in range(0, len(keys), BATCH))


def _named(policy: TablePolicy, person: DataSubject) -> list[tuple[Any, dict[str, str]]]:
    """Return the rows in which a text names the person: the key, and the new texts."""
    if not policy.texts or not person.words:
        return []
    condition = Q()
    for column in policy.texts:
        for word in person.words:
            condition |= Q(**{f"{column}__icontains": word})
    found = []
    for row in policy.rows.filter(condition).order_by("pk").values("pk", *policy.texts).iterator():
        new = {name: person.without_words(row[name]) for name in policy.texts if person.is_named_in(row[name])}
        if new:
            found.append((row["pk"], new))
    return found


def _replace_names(policy: TablePolicy, person: DataSubject) -> None:
    for key, texts in _named(policy, person):
        limits = {name: getattr(policy.table._meta.get_field(name), "max_length", None) for name in texts}
        policy.rows.filter(pk=key).update(**{name: text[: limits[name]] for name, text in texts.items()})


def _empty_accounts(person: DataSubject, mode: Mode) -> None:
    """Delete the accounts if nothing points to them any more; otherwise keep numbers without a person."""
    User.objects.filter(pk__in=person.keys).update(merged_into=None)
    for account in person.accounts:
        if mode is Mode.ERASE and not _is_pointed_to(account):
            delete(User.objects.filter(pk=account.pk))
            continue
        fresh = User(pk=account.pk, username=_free_name(account), is_active=False, is_demo=account.is_demo)
        fresh.set_unusable_password()
        fresh.sign_outs = account.sign_outs + 1
        fresh.date_joined = timezone.now()
        fresh.save(force_update=True)


def _free_name(account: User) -> str:
    name = f"person-{account.pk}"
    taken = User.objects.filter(username__iexact=name).exclude(pk=account.pk).exists()
    return f"{name}-{secrets.token_hex(4)}" if taken else name


def _is_pointed_to(account: User) -> bool:
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: account.pk}).exists()
        for relation in User._meta.related_objects
        if not relation.many_to_many
    )


def _flush() -> None:
    """Write SQLite's journal into its file, in which deleted rows are overwritten. Does nothing on PostgreSQL."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
