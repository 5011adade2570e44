"""Every error of the API (RFC 9457): `application/problem+json` with a type, a code and a request id.

The code is for programs and never changes; the detail is for people.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.http import HttpRequest, HttpResponse

CONTENT_TYPE = "application/problem+json"
TYPES = "/api/v1/problems/"


class Code(StrEnum):
    """What went wrong."""

    MALFORMED = "malformed"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    SUSPENDED = "suspended"
    NOT_FOUND = "not-found"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    TIMED_OUT = "timed-out"
    ARCHIVED = "archived"
    NOT_OPEN = "not-open"
    CLOSED = "closed"
    ATTEMPTS_USED_UP = "attempts-used-up"
    COOLDOWN = "cooldown"
    ALREADY_OVER = "already-over"
    IN_FLIGHT = "in-flight"
    CONFLICT = "conflict"
    PRECONDITION_FAILED = "precondition-failed"
    TOO_LARGE = "too-large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type"
    INVALID = "invalid"
    KEY_REUSED = "key-reused"
    PRECONDITION_REQUIRED = "precondition-required"
    TOO_MANY_REQUESTS = "too-many-requests"
    TOO_MANY_OPEN = "too-many-open"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProblemKind:
    """A kind of problem: its HTTP status, a title, and what to do about it."""

    status: int
    title: str
    advice: str


KINDS: Mapping[Code, ProblemKind] = {
    Code.MALFORMED: ProblemKind(
        status=400, title="The request cannot be read", advice="Send JSON in UTF-8; `detail` says what is wrong."
    ),
    Code.UNAUTHENTICATED: ProblemKind(
        status=401,
        title="No valid token",
        advice="Send `Authorization: Bearer cr_...`; the token can have expired or been revoked.",
    ),
    Code.FORBIDDEN: ProblemKind(
        status=403,
        title="The token has no permission for this",
        advice="Use a token with the scope that `detail` names.",
    ),
    Code.SUSPENDED: ProblemKind(
        status=403,
        title="The token is suspended",
        advice="Its owner is deactivated or has left the course. An instructor can take the token over on the page "
        "Integrations, API tokens; then it works again.",
    ),
    Code.NOT_FOUND: ProblemKind(
        status=404,
        title="There is nothing here",
        advice="It does not exist, or it belongs to a course that the token is not bound to.",
    ),
    Code.METHOD_NOT_ALLOWED: ProblemKind(
        status=405, title="This cannot be done here", advice="`Allow` lists the methods that can."
    ),
    Code.TIMED_OUT: ProblemKind(status=408, title="The request took too long to arrive", advice="Send it again."),
    Code.ARCHIVED: ProblemKind(
        status=409,
        title="The course is archived",
        advice="Everything can be read, and nothing can be changed. An instructor can open the course again.",
    ),
    Code.NOT_OPEN: ProblemKind(status=409, title="The assignment is not open yet", advice="Hand in after it opens."),
    Code.CLOSED: ProblemKind(status=409, title="The assignment is closed", advice="Ask an instructor for more time."),
    Code.ATTEMPTS_USED_UP: ProblemKind(
        status=409, title="All attempts are used", advice="Ask an instructor for more attempts."
    ),
    Code.COOLDOWN: ProblemKind(
        status=409, title="The last attempt was a moment ago", advice="Wait as long as `Retry-After` says."
    ),
    Code.ALREADY_OVER: ProblemKind(
        status=409,
        title="The submission is over",
        advice="It was graded, cancelled or given up before: read it to see which.",
    ),
    Code.IN_FLIGHT: ProblemKind(
        status=409,
        title="A request with this Idempotency-Key is in progress",
        advice="Send the same request again after `Retry-After` seconds to get its answer.",
    ),
    Code.CONFLICT: ProblemKind(
        status=409, title="This conflicts with the current state", advice="Read it again, then decide."
    ),
    Code.PRECONDITION_FAILED: ProblemKind(
        status=412,
        title="It has changed since you read it",
        advice="Read it again and send its new ETag in `If-Match`.",
    ),
    Code.TOO_LARGE: ProblemKind(status=413, title="The body is too large", advice="`detail` says how much is allowed."),
    Code.UNSUPPORTED_MEDIA_TYPE: ProblemKind(
        status=415, title="The body is not JSON", advice="Send `Content-Type: application/json`."
    ),
    Code.INVALID: ProblemKind(
        status=422, title="The request does not fit the schema", advice="`errors` points at each wrong value."
    ),
    Code.KEY_REUSED: ProblemKind(
        status=422,
        title="This Idempotency-Key belongs to another request",
        advice="Use a new key for a new request; keys are kept for 24 hours.",
    ),
    Code.PRECONDITION_REQUIRED: ProblemKind(
        status=428, title="An If-Match is required", advice="Read it first, and send its ETag in `If-Match`."
    ),
    Code.TOO_MANY_REQUESTS: ProblemKind(
        status=429, title="Too many requests", advice="Wait as long as `Retry-After` says; see `RateLimit`."
    ),
    Code.TOO_MANY_OPEN: ProblemKind(
        status=429,
        title="Too many submissions of this learner wait for their results",
        advice="Wait as long as `Retry-After` says, or cancel one of them. The limit is counted for each learner.",
    ),
    Code.INTERNAL: ProblemKind(
        status=500,
        title="This is our mistake",
        advice="Send it again with the same Idempotency-Key: nothing is done twice. Report the request id to us.",
    ),
    Code.UNAVAILABLE: ProblemKind(
        status=503, title="We cannot answer at the moment", advice="Send it again after `Retry-After` seconds."
    ),
}

# The codes of answers that have none of their own.
BY_STATUS = {kind.status: code for code, kind in reversed(list(KINDS.items()))} | {
    409: Code.CONFLICT,
    422: Code.INVALID,
}


def code_of(status: int) -> Code:
    """Return the code for an HTTP status that Django or django-ninja answered."""
    return BY_STATUS.get(status, Code.INTERNAL if status >= 500 else Code.MALFORMED)


@dataclass(frozen=True, kw_only=True, slots=True)
class At:
    """One wrong value: its place (a JSON pointer into the body, or `/query/name` and the like), and what is wrong."""

    pointer: str
    detail: str


@dataclass(eq=False)
class Problem(Exception):
    """An error that is the answer to the request."""

    code: Code
    detail: str
    errors: Sequence[At] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"

    def to_dict(self, request_id: str) -> dict[str, Any]:
        """Return the body of the answer."""
        kind = KINDS[self.code]
        return {
            "type": TYPES + self.code,
            "title": kind.title,
            "status": kind.status,
            "code": str(self.code),
            "detail": self.detail,
            "errors": [{"pointer": error.pointer, "detail": error.detail} for error in self.errors],
            "request_id": request_id,
        }


def body_of(problem: Problem, request_id: str) -> bytes:
    """Return the body of the answer as bytes."""
    return json.dumps(problem.to_dict(request_id)).encode()


def answer(problem: Problem, request: HttpRequest) -> HttpResponse:
    """Return the response that says what went wrong."""
    body = body_of(problem, getattr(request, "request_id", ""))
    return HttpResponse(
        body, status=KINDS[problem.code].status, content_type=CONTENT_TYPE, headers=dict(problem.headers)
    )
