"""The API itself: its resources, and how what goes wrong is answered."""

from typing import Any

import structlog
from django.core.exceptions import SuspiciousOperation
from django.db.utils import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Swagger
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from grader import VERSION
from server.api.endpoints import (
    courses,
    exercises,
    exports,
    grades,
    meta,
    packages,
    people,
    regrade_requests,
    submissions,
    webhooks,
)
from server.api.openapi import DESCRIPTION, completed
from server.api.parsing import StrictParser
from server.api.problems import At, Code, Problem, answer, code_of

log = structlog.get_logger(__name__)

# Of the mistakes in a body, an answer names so many.
MOST_NAMED = 100


class Api(NinjaAPI):
    """django-ninja, with a complete schema."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Return the OpenAPI 3.1 document."""
        return completed(super().get_openapi_schema(**options))


api = Api(
    title="Chainrule",
    version=VERSION,
    description=DESCRIPTION,
    urls_namespace="api",
    parser=StrictParser(),
    docs=Swagger({"tryItOutEnabled": False, "validatorUrl": None, "docExpansion": "list"}),
)
for module in (exercises, courses, people, submissions, grades, regrade_requests, exports, webhooks, packages, meta):
    api.add_router("", module.router)


def problem_of(error: Exception) -> Problem:
    """Return the problem that answers an exception. An unexpected exception is logged and answered as our mistake."""
    match error:
        case Problem():
            return error
        case ValidationError():
            return _validation(error)
        case HttpError():
            # django-ninja hides what our parser says behind a sentence of its own.
            said = error.__cause__ if isinstance(error.__cause__, HttpError) else error
            return Problem(code_of(said.status_code), str(said))
        case Http404():
            return Problem(Code.NOT_FOUND, "There is nothing at this address.")
        case SuspiciousOperation():
            return Problem(Code.MALFORMED, "This request is not well-formed.")
        case OperationalError():
            log.exception("database_unavailable")
            return Problem(Code.UNAVAILABLE, "The database is busy or down.", headers={"Retry-After": "5"})
    log.error("api_failed", exc_info=error)
    return Problem(Code.INTERNAL, "Something went wrong on the server. It is logged with the request id.")


def _validation(error: ValidationError) -> Problem:
    wrong = [At(pointer=_pointer(one["loc"]), detail=one["msg"]) for one in error.errors[:MOST_NAMED]]
    return Problem(Code.INVALID, "The request does not fit the schema: see `errors`.", wrong)


def _pointer(place: tuple[Any, ...]) -> str:
    # The first part is the source (body, query, ...); in a body, the second part is the name of our parameter.
    source, *rest = place
    parts = _without_tags(rest[1:]) if source == "body" else [source, *rest]
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _without_tags(parts: list[Any]) -> list[Any]:
    """Drop the names of a body's alternatives, which are not in the JSON."""
    if parts[:1] in (["source"], ["notebook"]):
        parts = parts[1:]
    return ["user", *parts[2:]] if parts[:1] == ["user"] else parts


@api.exception_handler(Exception)
def _answer(request: HttpRequest, error: Any) -> HttpResponse:
    return answer(problem_of(error), request)


# django-ninja has its own handlers for these, which would be used instead.
for _kind in (Http404, HttpError, ValidationError):
    api.add_exception_handler(_kind, _answer)
