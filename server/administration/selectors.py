"""Reading all courses and all people, page by page. The number of queries is the same for any number of rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from allauth.mfa.models import Authenticator
from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery

from server.accounts.models import User
from server.audit.models import AuditEntry
from server.courses.models import Course, Enrollment, Role
from server.gradebook.models import Assignment
from server.submissions.models import Submission

PER_PAGE = 50
NAMES = ("username", "first_name", "last_name", "email", "external_id")


class WhichPeople(StrEnum):
    """Which accounts are listed."""

    ACTIVE = "active"
    ADMINISTRATORS = "administrators"
    INACTIVE = "inactive"
    ALL = "all"


class WhichCourses(StrEnum):
    """Which courses are listed."""

    RUNNING = "running"
    ARCHIVED = "archived"
    ALL = "all"


@dataclass(frozen=True, kw_only=True, slots=True)
class PeoplePage:
    """Accounts in the order of user names. The next page begins `after` this name; empty if there is none."""

    rows: list[User]
    after: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CourseRow:
    """A course, how many people are in it, and when somebody last handed something in."""

    course: Course
    students: int
    staff: int
    active_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CoursesPage:
    """Courses in the order of slugs. The next page begins `after` this slug; empty if there is none."""

    rows: list[CourseRow]
    after: str


def people_page(search: str = "", which: WhichPeople = WhichPeople.ACTIVE, after: str = "") -> PeoplePage:
    """Return the accounts whose names, address or id contain each word of the search. Two queries.

    A page begins after a user name and is not counted from the start: user names have an index, so the last page of
    100,000 accounts is as quick as the first.
    """
    rows = _of_kind(which).filter(username__gt=_clean(after)).order_by("username")
    for word in _clean(search).split():
        rows = rows.filter(Q.create([(f"{field}__icontains", word) for field in NAMES], connector=Q.OR))
    memberships = Enrollment.objects.select_related("course").order_by("course__title")
    found = list(rows.prefetch_related(Prefetch("enrollments", memberships))[: PER_PAGE + 1])
    more = len(found) > PER_PAGE
    return PeoplePage(rows=found[:PER_PAGE], after=found[PER_PAGE - 1].username if more else "")


def _clean(text: str) -> str:
    """Return a text without the character that no database stores."""
    return text.replace("\0", "")


def _of_kind(which: WhichPeople) -> QuerySet[User]:
    match which:
        case WhichPeople.ACTIVE:
            return User.objects.filter(is_active=True)
        case WhichPeople.ADMINISTRATORS:
            return User.objects.filter(is_superuser=True)
        case WhichPeople.INACTIVE:
            return User.objects.filter(is_active=False)
        case _:
            return User.objects.all()


def courses_page(search: str = "", which: WhichCourses = WhichCourses.RUNNING, after: str = "") -> CoursesPage:
    """Return the courses whose title or slug contains each word of the search. Three queries."""
    rows = Course.objects.filter(slug__gt=_clean(after)).order_by("slug")
    if which is not WhichCourses.ALL:
        rows = rows.filter(archived_at__isnull=which is WhichCourses.RUNNING)
    for word in _clean(search).split():
        rows = rows.filter(Q(title__icontains=word) | Q(slug__icontains=word))
    found = list(rows[: PER_PAGE + 1])
    shown = found[:PER_PAGE]
    more = len(found) > PER_PAGE
    return CoursesPage(rows=_with_numbers(shown), after=shown[-1].slug if more else "")


def _with_numbers(courses: list[Course]) -> list[CourseRow]:
    members = {(pk, role): count for pk, role, count in _members(courses)}
    active = _last_activity(courses)
    return [
        CourseRow(
            course=course,
            students=members.get((course.pk, Role.STUDENT), 0),
            staff=sum(members.get((course.pk, role), 0) for role in (Role.TA, Role.INSTRUCTOR)),
            active_at=active.get(course.pk),
        )
        for course in courses
    ]


def _members(courses: Iterable[Course]) -> QuerySet:
    rows = Enrollment.objects.filter(course__in=courses).order_by()
    return rows.values_list("course", "role").annotate(Count("pk"))


def _last_activity(courses: Iterable[Course]) -> dict[int, datetime]:
    """Return when something was last handed in, by course. The index of each assignment knows its latest submission."""
    latest = Submission.objects.filter(assignment=OuterRef("pk")).order_by("-submitted_at").values("submitted_at")
    rows = Assignment.objects.filter(course__in=courses).order_by().annotate(last=Subquery(latest[:1]))
    newest: dict[int, datetime] = {}
    for course, last in rows.values_list("course", "last"):
        if last is not None:
            newest[course] = max(last, newest.get(course, last))
    return newest


def has_factor(user: User) -> bool:
    """Whether a person has a second factor."""
    return Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES).exists()


def entries_about(user: User) -> list[AuditEntry]:
    """Return the latest entries of the audit log about a person."""
    return list(AuditEntry.objects.filter(about=user).select_related("by", "about", "course")[:20])
