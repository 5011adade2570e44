"""The exercises of the catalogue."""

from typing import Any

from django.http import HttpResponse
from ninja import Query, Router

from grader.errors import PackageError
from server.api.admission import BearerToken
from server.api.endpoints.parameters import Part, SlugPage
from server.api.presentation import show_exercise, show_exercise_detail
from server.api.problems import Code, Problem
from server.api.responses import respond, respond_page
from server.api.schemas import ExerciseDetail, ExerciseOut, Page
from server.catalogue.exercises import find_exercise, readable_exercises
from server.gradebook.selectors import hidden_exercises

router = Router(tags=["Exercises"])


@router.get("/exercises", response=Page[ExerciseOut], auth=BearerToken(), operation_id="list_exercises")
def list_exercises(request: Any, page: Query[SlugPage]) -> HttpResponse:
    """Every exercise in the catalogue that can be read, in the order of their slugs.

    Exercises that are not open to a learner yet are missing in the answer to their token.
    """
    hidden = hidden_exercises(request.auth.token.person)
    slugs = sorted(exercise.slug for exercise in readable_exercises() if exercise.slug not in hidden)
    rest = [slug for slug in slugs if page.cursor is None or slug > page.cursor]
    return respond_page(
        request,
        rest,
        limit=page.limit,
        cursor=lambda slug: slug,
        show=lambda slugs: [show_exercise(find_exercise(slug)) for slug in slugs],
    )


@router.get("/exercises/{unit}/{name}", response=ExerciseDetail, auth=BearerToken(), operation_id="get_exercise")
def get_exercise(request: Any, unit: Part, name: Part) -> HttpResponse:
    """An exercise with its statement and starter."""
    if f"{unit}/{name}" in hidden_exercises(request.auth.token.person):
        raise Problem(Code.NOT_FOUND, "This exercise is not open yet.")
    try:
        return respond(show_exercise_detail(find_exercise(f"{unit}/{name}")))
    except PackageError:
        raise Problem(Code.NOT_FOUND, "There is no such exercise.") from None
