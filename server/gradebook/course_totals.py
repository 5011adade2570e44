"""Totals of learners in a course, from the database: for the gradebook, exports, the API and the learner's own page."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db import transaction

from server.accounts.models import User
from server.audit.models import AuditAction
from server.audit.services import record
from server.courses.models import Course
from server.courses.roles import Person
from server.gradebook.held_results import hides_results
from server.gradebook.models import Assignment, Grade, UnitTerms
from server.gradebook.rules import Decision, MoreTime, terms_for
from server.gradebook.totals import CourseTotal, TotalItem, UnitRule, total_of


def rules_of(course: Course) -> dict[str, UnitRule]:
    """Return the rules of a course's units, by unit. One query; empty if the total is the sum of all points."""
    return {one.unit: one.rule for one in UnitTerms.objects.filter(course=course)}


def units_of(assignments: Iterable[Assignment]) -> list[str]:
    """Return the units of some assignments, in their order."""
    return list(dict.fromkeys(one.unit for one in assignments))


@transaction.atomic
def set_rules(course: Course, rules: Mapping[str, UnitRule], *, by: User) -> None:
    """Replace the rules of a course. Totals are never stored, so nothing else changes."""
    Course.objects.select_for_update().get(pk=course.pk)
    before = in_words(rules_of(course))
    UnitTerms.objects.filter(course=course).delete()
    UnitTerms.objects.bulk_create(
        UnitTerms(course=course, unit=unit, weight=rule.weight, drop_lowest=rule.drop_lowest)
        for unit, rule in rules.items()
        if rule != UnitRule()
    )
    after = in_words(rules_of(course))
    if before != after:
        record(AuditAction.TERMS_CHANGED, course=course, by=by, what="the course total", before=before, after=after)


def in_words(rules: Mapping[str, UnitRule]) -> str:
    """Return the rules in a few words."""
    return "; ".join(f"{unit}: {_rule(rule)}" for unit, rule in sorted(rules.items())) or "the sum of all points"


def _rule(rule: UnitRule) -> str:
    parts = [] if rule.weight is None else [f"weight {rule.weight:g}"]
    return ", ".join([*parts, *([f"without the lowest {rule.drop_lowest}"] if rule.drop_lowest else [])])


def item_of(
    assignment: Assignment,
    grade: Grade | None,
    *,
    due_at: datetime | None,
    now: datetime,
    exempt: bool,
    held: bool = False,
) -> TotalItem:
    """Return an assignment for a total. `due_at` is the learner's own due date, `held` if a result must not be told.

    Without a due date, an assignment is due once it has a grade.
    """
    points = None if grade is None else grade.final
    return TotalItem(
        key=assignment.slug,
        unit=assignment.unit,
        max_points=assignment.points,
        title=assignment.title,
        points=None if held else points,
        exempt=exempt,
        held=held,
        due=points is not None if due_at is None else due_at <= now,
    )


def visible_total(
    assignments: Iterable[Assignment],
    grades: Mapping[int, Grade],
    rules: Mapping[str, UnitRule],
    *,
    reader: Person,
    now: datetime,
    more: MoreTime | None = None,
) -> CourseTotal:
    """Return a learner's total as its reader can see it. See `staff_total`."""
    every = list(assignments)
    hidden = {one.pk for one in every if hides_results(reader, one)}
    return staff_total(every, grades, rules, now=now, more=more, hidden=hidden)


def staff_total(
    assignments: Iterable[Assignment],
    grades: Mapping[int, Grade],
    rules: Mapping[str, UnitRule],
    *,
    now: datetime,
    more: MoreTime | None = None,
    hidden: Collection[int] = (),
) -> CourseTotal:
    """Return a learner's total as teachers see it: results that are held back count, unless they are `hidden`.

    `grades` are the learner's, by assignment, and `more` is the learner's time in every assignment. Drafts are no part
    of it.
    """
    items = []
    for one in assignments:
        if one.is_draft:
            continue
        grade = grades.get(one.pk)
        exempt = grade is not None and grade.exempt
        due_at, held = _due_at(one, grade, more), one.pk in hidden
        items.append(item_of(one, grade, due_at=due_at, now=now, exempt=exempt, held=held))
    return total_of(items, rules)


def _due_at(assignment: Assignment, grade: Grade | None, more: MoreTime | None) -> datetime | None:
    """Return the learner's due date. Most learners have that of the assignment, and there can be 100,000 of them."""
    if assignment.due_at is None or (more is None and (grade is None or not grade.is_extended)):
        return assignment.due_at
    return terms_for(assignment.terms, grade.decision if grade else Decision(), more or MoreTime()).due_at
