"""Courses and their assignments."""

from typing import Any

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import Field

from grader.errors import PackageError
from server.api import selectors
from server.api.admission import BearerToken
from server.api.endpoints.parameters import CourseFilter, IdPage, Slug, SlugPage
from server.api.presentation import show_assignment, show_course, show_exercise_detail
from server.api.problems import Code, Problem
from server.api.responses import respond, respond_page
from server.api.schemas import AssignmentOut, CourseOut, ExerciseDetail, Id, Page
from server.gradebook.selectors import is_hidden

router = Router(tags=["Courses"])


@router.get("/courses", response=Page[CourseOut], auth=BearerToken(), operation_id="list_courses")
def list_courses(request: Any, page: Query[SlugPage]) -> HttpResponse:
    """The courses that the token is bound to."""
    rows = selectors.courses(request.auth).order_by("slug")
    rows = rows.filter(slug__gt=page.cursor) if page.cursor else rows
    return respond_page(
        request, rows, limit=page.limit, cursor=lambda row: row.slug, show=lambda rows: list(map(show_course, rows))
    )


@router.get("/courses/{course}", response=CourseOut, auth=BearerToken(), operation_id="get_course")
def get_course(request: Any, course: Slug) -> HttpResponse:
    """A course."""
    return respond(show_course(selectors.get_course(request.auth, course)))


class AssignmentFilter(IdPage, CourseFilter):
    """The filters for assignments."""

    exercise: str | None = Field(None, max_length=100, description="The slug of an exercise.")
    slug: str | None = Field(None, max_length=100, description="The slug of the assignment within its course.")


@router.get("/assignments", response=Page[AssignmentOut], auth=BearerToken(), operation_id="list_assignments")
def list_assignments(request: Any, page: Query[AssignmentFilter]) -> HttpResponse:
    """The assignments of the token's courses."""
    wanted = {"course__slug": page.course, "exercise": page.exercise, "slug": page.slug, "pk__gt": page.cursor}
    rows = selectors.assignments(request.auth).filter(**{name: value for name, value in wanted.items() if value})
    return respond_page(
        request, rows, limit=page.limit, cursor=lambda row: row.pk, show=lambda rows: list(map(show_assignment, rows))
    )


@router.get("/assignments/{assignment}", response=AssignmentOut, auth=BearerToken(), operation_id="get_assignment")
def get_assignment(request: Any, assignment: Id) -> HttpResponse:
    """An assignment."""
    return respond(show_assignment(selectors.get_assignment(request.auth, assignment)))


@router.get(
    "/assignments/{assignment}/exercise",
    response=ExerciseDetail,
    auth=BearerToken(),
    operation_id="get_assignment_exercise",
)
def get_assignment_exercise(request: Any, assignment: Id) -> HttpResponse:
    """The exercise of an assignment in the version that is used, with statement and starter.

    A learner's token gets the numbers of the learner, if each has others.
    """
    row = selectors.get_assignment(request.auth, assignment)
    person = request.auth.token.person
    if is_hidden(row, person):
        raise Problem(Code.NOT_FOUND, "This exercise is not open yet.")
    try:
        return respond(show_exercise_detail(row.content_for(person.pk)))
    except PackageError:
        raise Problem(Code.UNAVAILABLE, "This exercise cannot be read at the moment.") from None
