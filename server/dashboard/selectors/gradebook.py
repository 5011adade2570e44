"""A page of the gradebook: students down, assignments across."""

from dataclasses import dataclass
from enum import StrEnum

from django.core.paginator import Page, Paginator
from django.db.models import Count, Expression, FloatField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from server.accounts.models import User
from server.accounts.names import in_order
from server.courses.models import Course, Role
from server.gradebook.models import Assignment, Grade

PER_PAGE = 50


class Show(StrEnum):
    """Which points a cell shows."""

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
    """What is asked of the gradebook. `sort` is "name", "total" or the key of an assignment; "-" in front turns it."""

    search: str = ""
    unit: str = ""
    which: Which = Which.ALL
    show: Show = Show.FINAL
    sort: str = "name"
    page: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A student's line: one cell per assignment of the page, and the total over all of the course."""

    student: User
    cells: list[tuple[Assignment, Grade | None]]
    total: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One page of the gradebook. `possible` are the points that the course has in all."""

    assignments: list[Assignment]
    units: list[str]
    rows: list[Row]
    page: Page
    possible: float


def gradebook(course: Course, query: Query) -> Table:
    """Return the page of the gradebook that a query asks for. Four queries, however many students there are."""
    every = list(course.assignments.select_related("course"))
    shown = [one for one in every if not query.unit or one.unit == query.unit]
    page = Paginator(_sorted(_students(course, query), every, query), PER_PAGE).get_page(query.page)
    found = User.objects.annotate(total=_total(every)).in_bulk(page.object_list)
    students = [found[pk] for pk in page.object_list]
    # A page holds more than a thousand grades: columns that no cell shows would cost a third of its time.
    unseen = ("first_at", "last_at", "passed_at", "updated_at")
    grades = Grade.objects.filter(assignment__in=shown, learner__in=students).defer(*unseen)
    by_cell = {(grade.learner_id, grade.assignment_id): grade for grade in grades}
    return Table(
        assignments=shown,
        units=list(dict.fromkeys(one.unit for one in every)),
        rows=[_row(student, shown, by_cell) for student in students],
        page=page,
        possible=sum(one.points for one in every),
    )


def _row(student: User, shown: list[Assignment], by_cell: dict[tuple[int, int], Grade]) -> Row:
    cells = [(one, by_cell.get((student.pk, one.pk))) for one in shown]
    return Row(student=student, cells=cells, total=getattr(student, "total", 0.0))


def _students(course: Course, query: Query) -> QuerySet[User]:
    students = User.objects.filter(enrollments__course=course, enrollments__role=Role.STUDENT)
    for word in query.search.split():
        students = students.filter(
            Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
            | Q(username__icontains=word)
            | Q(email__icontains=word)
        )
    return _chosen(students, course, query)


def _chosen(students: QuerySet[User], course: Course, query: Query) -> QuerySet[User]:
    grades = Grade.objects.filter(assignment__course=course)
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


def _sorted(students: QuerySet[User], every: list[Assignment], query: Query) -> list[int]:
    """Return the keys of students in the order that a query asks for. One query.

    Sorted here, as no database sorts names the way people read them; keys, names and a number of each are few bytes.
    """
    rows = list(students.values_list("pk", _sorted_by(every, query), "last_name", "first_name", "username"))
    turned = query.sort.startswith("-")
    by_name = query.sort.removeprefix("-") == "name"
    rows.sort(key=lambda row: in_order(*row[2:]), reverse=turned and by_name)
    if not by_name:
        rows.sort(key=lambda row: (row[1] is not None, row[1] or 0.0), reverse=turned)
    return [row[0] for row in rows]


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


def tried_and_passed(assignments: list[Assignment]) -> dict[int, dict[str, int]]:
    """Return per assignment how many students tried it and passed it. One query."""
    rows = Grade.objects.filter(assignment__in=assignments).values("assignment").order_by()
    counted = rows.annotate(tried=Count("pk", filter=Q(used__gt=0)), passed=Count("passed_after"))
    return {row["assignment"]: {"tried": row["tried"], "passed": row["passed"]} for row in counted}
