"""Grades, and overrides of grades."""

from typing import Any

from django.http import HttpResponse
from ninja import Query, Router

from server.api import overrides, selectors
from server.api.admission import BearerToken
from server.api.endpoints.parameters import CourseFilter, IdPage, IfMatch, IfNoneMatch, Since, Slug, Text
from server.api.models import TokenScope
from server.api.presentation import show_grade, show_total
from server.api.responses import respond, respond_page
from server.api.schemas import CourseTotalOut, GradeOut, Id, NewGrade, Page
from server.api.totals import totals
from server.courses.models import Role

router = Router(tags=["Grades"])


class GradeFilter(IdPage, CourseFilter, Since):
    """The filters for grades."""

    assignment: Id | None = None
    user: Id | None = None
    external_id: Text | None = None


@router.get("/grades", response=Page[GradeOut], auth=BearerToken(TokenScope.GRADES_READ), operation_id="list_grades")
def list_grades(request: Any, page: Query[GradeFilter]) -> HttpResponse:
    """Grades, in the order of their creation. Learners without submissions have none."""
    wanted = {
        "assignment__course__slug": page.course,
        "assignment": page.assignment,
        "learner": page.user,
        "learner__in": selectors.known_as(page.external_id),
        "pk__gt": page.cursor,
    }
    rows = selectors.grades(request.auth).filter(**{name: value for name, value in wanted.items() if value is not None})
    if page.updated_since:
        rows = rows.filter(selectors.grade_changed_since(request.auth, page.updated_since))
    return respond_page(
        request,
        rows,
        limit=page.limit,
        cursor=lambda row: row.pk,
        show=lambda found: [show_grade(row, request.auth.person) for row in found],
    )


@router.get(
    "/grades/{assignment}/{user}", response=GradeOut, auth=BearerToken(TokenScope.GRADES_READ), operation_id="get_grade"
)
def get_grade(request: Any, assignment: Id, user: Id, if_none_match: IfNoneMatch = None) -> HttpResponse:
    """A person's grade in an assignment. An override must send its ETag."""
    return respond(show_grade(selectors.get_grade(request.auth, assignment, user), request.auth.person))


@router.get(
    "/courses/{course}/totals",
    response=Page[CourseTotalOut],
    auth=BearerToken(TokenScope.GRADES_READ),
    operation_id="list_totals",
)
def list_totals(request: Any, course: Slug, page: Query[IdPage]) -> HttpResponse:
    """The total of each student of a course, and how it comes about: weights of units, and dropped results."""
    where = selectors.get_course(request.auth, course)
    rows = selectors.enrollments(request.auth, where).filter(role=Role.STUDENT)
    rows = rows.filter(pk__gt=page.cursor) if page.cursor else rows

    def show(found: list[Any]) -> list[CourseTotalOut]:
        users = [row.user for row in found]
        return [show_total(user, total) for user, total in totals(request.auth, where, users)]

    return respond_page(request, rows, limit=page.limit, cursor=lambda row: row.pk, show=show)


@router.put(
    "/grades/{assignment}/{user}",
    response=GradeOut,
    auth=BearerToken(TokenScope.GRADES_WRITE),
    operation_id="set_grade",
)
def set_grade(request: Any, assignment: Id, user: Id, body: NewGrade, if_match: IfMatch = None) -> HttpResponse:
    """Override a grade, exempt a person, or undo either. `If-Match` must be the ETag of the grade that you read."""
    row = overrides.override(request.auth, assignment, user, body, if_match=if_match)
    return respond(show_grade(row, request.auth.person))
