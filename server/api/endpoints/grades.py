"""Grades, and overrides of grades."""

from typing import Any

from django.http import HttpResponse
from ninja import Query, Router

from server.api import overrides, selectors
from server.api.admission import BearerToken
from server.api.endpoints.parameters import CourseFilter, IdPage, IfMatch, IfNoneMatch, Since, Text
from server.api.models import TokenScope
from server.api.presentation import show_grade
from server.api.responses import respond, respond_page
from server.api.schemas import GradeOut, Id, NewGrade, Page

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
