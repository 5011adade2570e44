"""The members of a course: found by any of their names, in the order of names, page by page."""

from dataclasses import dataclass
from enum import StrEnum

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet

from server.accounts.models import User
from server.accounts.names import in_order
from server.courses.models import Enrollment, FormerEnrollment, Role
from server.courses.visibility import VisiblePeople

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


def people(seen: VisiblePeople, query: PeopleQuery) -> tuple[list[Enrollment | FormerEnrollment], Page]:
    """Return the memberships on one page of the list, and the page. Two queries, for any length.

    Databases do not sort numbers in names as numbers, so the keys are sorted here.
    """
    rows = found(of_group(seen, query.group), query.search)
    keys = sorted(rows.values_list("pk", "role", *NAMES), key=lambda row: (row[1], *in_order(*row[2:])))
    page = Paginator([key[0] for key in keys], PER_PAGE).get_page(query.page)
    shown = rows.model._default_manager.select_related("user", "section").in_bulk(list(page.object_list))
    return [shown[pk] for pk in page.object_list], page


def former(seen: VisiblePeople) -> QuerySet[FormerEnrollment]:
    """Return the memberships that staff ended, if the person has not come back since.

    Only somebody who can see all people of the course can see former members.
    """
    present = Enrollment.objects.filter(course=seen.course).values("user")
    return FormerEnrollment.objects.filter(seen.about("user"), course=seen.course).exclude(user__in=present)


def of_group(seen: VisiblePeople, group: Group) -> QuerySet:
    """Return the memberships of a group of these people."""
    match group:
        case Group.FORMER:
            return former(seen)
        case Group.STUDENTS:
            return seen.students
        case Group.STAFF:
            return seen.enrollments.exclude(role=Role.STUDENT)
        case _:
            return seen.enrollments


def found(rows: QuerySet, search: str) -> QuerySet:
    """Return the memberships of the people whose names, address or id contain each word of the search."""
    fields = (*NAMES, "user__email", "user__external_id")
    for word in search.replace("\0", "").split():
        rows = rows.filter(Q.create([(f"{field}__icontains", word) for field in fields], connector=Q.OR))
    return rows


def person(seen: VisiblePeople, pk: int) -> tuple[User, Enrollment | FormerEnrollment] | None:
    """Return a person with their present or former membership; None if they never had one."""
    present = seen.enrollments.select_related("user", "section").filter(user=pk).first()
    membership = present or former(seen).select_related("user", "section", "by").filter(user=pk).first()
    return (membership.user, membership) if membership else None
