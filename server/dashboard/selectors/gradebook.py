"""A page of the gradebook: students down, assignments across."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from django.core.paginator import Page, Paginator
from django.db.models import Count, Expression, FloatField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from server.accounts.models import User
from server.accounts.names import in_order
from server.courses.models import Course
from server.courses.visibility import VisiblePeople
from server.gradebook.course_totals import rules_of, staff_total, units_of
from server.gradebook.models import Assignment, Grade
from server.gradebook.selectors import more_time_in, with_numbered_titles
from server.gradebook.totals import CourseTotal, UnitRule

PER_PAGE = 50


class Show(StrEnum):
    """Which points the table shows."""

    FINAL = "final"
    RAW = "raw"
    PENALTY = "penalty"


class Which(StrEnum):
    """Which students are listed."""

    ALL = "all"
    NOT_BEGUN = "not-begun"
    DECIDED = "decided"
    LATE = "late"


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """Filters and order. `sort` is "name", "total" or the key of an assignment; a leading "-" reverses the order."""

    search: str = ""
    unit: str = ""
    which: Which = Which.ALL
    show: Show = Show.FINAL
    sort: str = "name"
    page: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class GradebookRow:
    """The row of a student: one entry per assignment on the page, and the total over the whole course.

    `total` is the sum of all points, `by_rules` the total by the rules of the course; None if it has none.
    """

    student: User
    entries: list[tuple[Assignment, Grade | None]]
    total: float
    by_rules: CourseTotal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One page of the gradebook. `possible` is the sum of all points of the course, `rules` those of its units."""

    assignments: list[Assignment]
    units: list[str]
    rows: list[GradebookRow]
    page: Page
    possible: float
    rules: dict[str, UnitRule]


def gradebook(people: VisiblePeople, query: Query) -> Table:
    """Return the page of the gradebook for a query. Five database queries, for any number of students.

    If the course has rules for its total, the whole course is read to sort by it.
    """
    every = with_numbered_titles(list(people.course.assignments.published().select_related("course")))
    rules = rules_of(people.course)
    shown = [one for one in every if not query.unit or one.unit == query.unit]
    page = Paginator(_sorted(_students(people, query), every, rules, query), PER_PAGE).get_page(query.page)
    found = User.objects.annotate(total=_total(every)).in_bulk(page.object_list)
    students = [found[pk] for pk in page.object_list]
    # A page holds more than a thousand grades: reading columns that are not shown costs a third of the time.
    unseen = ("first_at", "last_at", "passed_at", "updated_at")
    grades = Grade.objects.filter(assignment__in=every if rules else shown, learner__in=students).defer(*unseen)
    by_student: dict[int, dict[int, Grade]] = defaultdict(dict)
    for grade in grades:
        by_student[grade.learner_id][grade.assignment_id] = grade
    totals = _totals(people.course, every, rules, by_student, page.object_list) if rules else {}
    return Table(
        assignments=shown,
        units=units_of(every),
        rows=[_row(student, shown, by_student[student.pk], totals.get(student.pk)) for student in students],
        page=page,
        possible=sum(one.points for one in every),
        rules=rules,
    )


def _row(
    student: User, shown: list[Assignment], grades: dict[int, Grade], by_rules: CourseTotal | None
) -> GradebookRow:
    entries = [(one, grades.get(one.pk)) for one in shown]
    return GradebookRow(student=student, entries=entries, total=getattr(student, "total", 0.0), by_rules=by_rules)


def _totals(
    course: Course,
    every: list[Assignment],
    rules: dict[str, UnitRule],
    grades: Mapping[int, dict[int, Grade]],
    students: Iterable[int],
) -> dict[int, CourseTotal]:
    now, more = timezone.now(), more_time_in(course)
    return {pk: staff_total(every, grades.get(pk, {}), rules, now=now, more=more.get(pk)) for pk in students}


def _students(people: VisiblePeople, query: Query) -> QuerySet[User]:
    students = User.objects.filter(pk__in=people.students.values("user"))
    for word in query.search.split():
        students = students.filter(
            Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
            | Q(username__icontains=word)
            | Q(email__icontains=word)
            | Q(external_id__icontains=word)
        )
    return _chosen(students, people, query)


def _chosen(students: QuerySet[User], people: VisiblePeople, query: Query) -> QuerySet[User]:
    grades = Grade.objects.filter(assignment__course=people.course)
    match query.which:
        case Which.NOT_BEGUN:
            return students.exclude(pk__in=grades.filter(used__gt=0).values("learner"))
        case Which.DECIDED:
            decided = Q(override__isnull=False) | Q(exempt=True) | Q(extra_attempts__gt=0)
            extended = Q(due_at__isnull=False) | Q(closes_at__isnull=False)
            return students.filter(pk__in=grades.filter(decided | extended).values("learner"))
        case Which.LATE:
            return students.filter(pk__in=grades.filter(penalty__gt=0).values("learner"))
        case _:
            return students


def _sorted(students: QuerySet[User], every: list[Assignment], rules: dict[str, UnitRule], query: Query) -> list[int]:
    """Return the keys of the students in the order of the query. One database query, two if rules decide.

    Sorted here because databases do not sort numbers in names as numbers. A row is a key, names and one number, so
    this is cheap.
    """
    rows = list(students.values_list("pk", _sorted_by(every, query), "last_name", "first_name", "username"))
    reverse = query.sort.startswith("-")
    key = query.sort.removeprefix("-")
    rows.sort(key=lambda row: in_order(*row[2:]), reverse=reverse and key == "name")
    if rules and key == "total":
        shares = _shares(every, rules, [row[0] for row in rows])
        rows.sort(key=lambda row: shares[row[0]], reverse=reverse)
    elif key != "name":
        rows.sort(key=lambda row: (row[1] is not None, row[1] or 0.0), reverse=reverse)
    return [row[0] for row in rows]


def _shares(every: list[Assignment], rules: dict[str, UnitRule], students: list[int]) -> dict[int, Fraction]:
    """Return the total of each student as a share, -1 if nothing counts."""
    if not every:
        return dict.fromkeys(students, Fraction(-1))
    grades: dict[int, dict[int, Grade]] = defaultdict(dict)
    needed = ("assignment", "learner", "final", "exempt", "due_at", "closes_at", "extra_attempts")
    for grade in Grade.objects.filter(assignment__in=every).only(*needed).iterator():
        grades[grade.learner_id][grade.assignment_id] = grade
    totals = _totals(every[0].course, every, rules, grades, students)
    return {pk: Fraction(-1) if total.share is None else total.share for pk, total in totals.items()}


def _sorted_by(every: list[Assignment], query: Query) -> Expression | Subquery:
    key = query.sort.removeprefix("-")
    for one in every:
        if key == str(one.pk):
            points = Grade.objects.filter(learner=OuterRef("pk"), assignment=one)
            return Subquery(points.values(str(query.show)))
    return _total(every) if key == "total" else Value(0.0)


def _total(every: list[Assignment]) -> Expression:
    own = Grade.objects.filter(learner=OuterRef("pk"), assignment__in=every).order_by().values("learner")
    total = Subquery(own.annotate(sum=Sum("final")).values("sum"), output_field=FloatField())
    return Coalesce(total, Value(0.0))


def tried_and_passed(assignments: list[Assignment], *, people: VisiblePeople) -> dict[int, dict[str, int]]:
    """Return how many of these people, students of now, tried and passed each assignment. One query."""
    rows = Grade.objects.filter(people.by_students(), assignment__in=assignments).values("assignment").order_by()
    counted = rows.annotate(tried=Count("pk", filter=Q(used__gt=0)), passed=Count("passed_after"))
    return {row["assignment"]: {"tried": row["tried"], "passed": row["passed"]} for row in counted}
