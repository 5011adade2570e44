"""The types of problems."""

from typing import Any

from django.http import HttpResponse
from ninja import Router

from server.api.problems import KINDS, Code
from server.api.responses import respond
from server.api.schemas import ProblemType

router = Router(tags=["Problems"])


@router.get("/problems/{code}", response=ProblemType, operation_id="get_problem_type")
def get_problem_type(request: Any, code: Code) -> HttpResponse:
    """What a type of problem means, and what to do about it. Needs no token."""
    kind = KINDS[code]
    return respond(ProblemType(code=code, status=kind.status, title=kind.title, advice=kind.advice))
