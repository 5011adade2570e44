"""The members of a course: found by any of their names, in the order of names, page by page."""

from dataclasses import dataclass
from enum import StrEnum

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet

from server.accounts.models import User
from server.accounts.names import in_order
from server.courses.models import Course, Enrollment, FormerEnrollment, Role

PER_PAGE = 50
NAMES = ("user__last_name", "user__first_name", "user__username")


class Group(StrEnum):
    """Which people are listed."""

    MEMBERS = "members"
    STUDENTS = "students"
    STAFF = "staff"
    FORMER = "former"


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleQuery:
    """What the people page shows."""

    search: str = ""
    group: Group = Group.MEMBERS
    page: int = 1


def people(course: Course, query: PeopleQuery) -> tuple[list[Enrollment | FormerEnrollment], Page]:
    """Return the memberships on one page of the list, and the page. Two queries, for any length.

    Databases do not sort numbers in names as numbers, so the keys are sorted here.
    """
    rows = _found(_of_group(course, query.group), query.search)
    keys = sorted(rows.values_list("pk", "role", *NAMES), key=lambda row: (row[1], *in_order(*row[2:])))
    page = Paginator([key[0] for key in keys], PER_PAGE).get_page(query.page)
    found = rows.model._default_manager.select_related("user").in_bulk(list(page.object_list))
    return [found[pk] for pk in page.object_list], page


def former(course: Course) -> QuerySet[FormerEnrollment]:
    """Return the memberships that staff ended, if the person has not come back since."""
    return FormerEnrollment.objects.filter(course=course).exclude(user__in=course.enrollments.values("user"))


def _of_group(course: Course, group: Group) -> QuerySet:
    match group:
        case Group.FORMER:
            return former(course)
        case Group.STUDENTS:
            return course.enrollments.filter(role=Role.STUDENT)
        case Group.STAFF:
            return course.enrollments.exclude(role=Role.STUDENT)
        case _:
            return course.enrollments.all()


def _found(rows: QuerySet, search: str) -> QuerySet:
    fields = (*NAMES, "user__email", "user__external_id")
    for word in search.split():
        rows = rows.filter(Q.create([(f"{field}__icontains", word) for field in fields], connector=Q.OR))
    return rows


def person(course: Course, pk: int) -> tuple[User, Enrollment | FormerEnrollment] | None:
    """Return a person with their present or former membership; None if they never had one."""
    present = course.enrollments.select_related("user").filter(user=pk).first()
    membership = present or former(course).select_related("user", "by").filter(user=pk).first()
    return (membership.user, membership) if membership else None
