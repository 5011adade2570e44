"""Reading assignments and grades."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone

from server.accounts.models import User
from server.courses.models import Course
from server.courses.roles import Person, remember_role, with_role
from server.courses.selectors import check_permission, courses_of
from server.gradebook.models import Accommodation, Assignment, Grade
from server.gradebook.rules import Decision, MoreTime, Terms, terms_for
from server.packages.models import PackageVerification, PackageVersion, VerificationState


def get_assignment(user: Person, course: str, slug: str, *, permission: str = "courses.view") -> Assignment:
    """Return an assignment by the slugs of its course and its own. Raises the errors of `check_permission`."""
    rows = with_role(user, Assignment.objects.select_related("course"))
    assignment = get_object_or_404(rows, course__slug=course, slug=slug)
    remember_role(user, assignment)
    check_permission(user, permission, assignment)
    return assignment


def grade_in(assignment: Assignment, learner: User) -> Grade | None:
    """Return a learner's grade in an assignment; None if nothing was handed in or decided."""
    return Grade.objects.filter(assignment=assignment, learner=learner).first()


def is_hidden(assignment: Assignment, user: Person, *, now: datetime | None = None) -> bool:
    """Whether a person cannot see the statement and the starter yet: it is not open, and they do not teach it."""
    opens_at = assignment.opens_at
    if opens_at is None or opens_at <= (now or timezone.now()):
        return False
    return not user.has_perm("courses.teach", assignment)


def hidden_exercises(user: User) -> set[str]:
    """Return the exercises of the installation that a person cannot see yet.

    Their courses set them, and none that is open to them.
    """
    set_for = Assignment.objects.filter(course__in=courses_of(user), package=None).select_related("course")
    shown: set[str] = set()
    hidden: set[str] = set()
    for one in set_for:
        (hidden if is_hidden(one, user) or not user.has_perm("courses.view", one) else shown).add(one.exercise)
    return hidden - shown


def usable_versions(assignment: Assignment) -> list[PackageVersion]:
    """Return the versions of its package that an assignment can stay with, newest first; none for the installation's.

    Two queries.
    """
    if assignment.package_id is None:
        return []
    passed = PackageVerification.objects.filter(
        package_version__package=assignment.package_id, state=VerificationState.PASSED
    )
    rows = PackageVersion.objects.filter(package=assignment.package_id).select_related("package__course")
    return list(rows.filter(version__in=passed.values("package_version__version")).order_by("-number"))


def more_time_in(course: Course, learners: Collection[int] | None = None) -> dict[int, MoreTime]:
    """Return the additional time of learners in all assignments of a course; the rest have none. One query."""
    rows = Accommodation.objects.filter(course=course)
    rows = rows if learners is None else rows.filter(learner__in=learners)
    return defaultdict(MoreTime, {row.learner_id: row.rule for row in rows})


def more_time_of(course: Course, learner: User) -> MoreTime:
    """Return the additional time of a learner in all assignments of a course. One query."""
    return more_time_in(course, [learner.pk])[learner.pk]


def with_more_time(rows: QuerySet[Any], course: int | Course, *, learner: str) -> QuerySet[Any]:
    """Annotate rows with the additional time of their learners in a course, for `more_time_on`.

    `learner` is the path to the learner: "" for rows of learners, or "learner__".
    """
    theirs = Q(**{f"{learner}accommodations__course": course})
    return rows.annotate(
        accommodation=FilteredRelation(f"{learner}accommodations", condition=theirs),
        extra_days=F("accommodation__extra_days"),
        time_factor=F("accommodation__time_factor"),
    )


def more_time_on(row: Any) -> MoreTime:
    """Return the additional time on a row from `with_more_time`."""
    return MoreTime() if row.extra_days is None else MoreTime(days=row.extra_days, factor=row.time_factor)


def terms_of(assignment: Assignment, learner: User) -> Terms:
    """Return the terms of an assignment as they hold for a person."""
    more = more_time_of(assignment.course, learner)
    return terms_with(assignment, learner, grade_in(assignment, learner), more)


def terms_with(assignment: Assignment, person: User, grade: Grade | None, more: MoreTime) -> Terms:
    """Return the terms of an assignment for a person with this grade (None if there is none yet) and this time.

    For those who teach the course it is open before it opens, so that they can try it.
    """
    terms = terms_for(assignment.terms, grade.decision if grade else Decision(), more)
    terms = replace(terms, paid_days=grade.slip_days if grade else 0)
    if terms.opens_at is not None and person.has_perm("courses.teach", assignment):
        terms = replace(terms, opens_at=None)
    return terms


def with_numbered_titles(assignments: list[Assignment]) -> list[Assignment]:
    """Return the assignments of a course, titles that stand twice with a number: "Two variables (2)"."""
    taken: set[str] = set()
    for one in assignments:
        title, number = one.title, 1
        while one.title.casefold() in taken:
            number += 1
            one.title = f"{title} ({number})"
        taken.add(one.title.casefold())
    return assignments
