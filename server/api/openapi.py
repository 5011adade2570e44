"""Adds what django-ninja's schema does not contain: the problems, the headers, and the description of tokens."""

from typing import Any

from server.api.problems import CONTENT_TYPE, KINDS, TYPES, Code

DESCRIPTION = """Hand in code for learners, follow it, and read scores and grades.

Get a token from the people who run this server and send it with every request: `Authorization: Bearer cr_...`.
A token is bound to courses. Anything in another course does not exist for it (404).

Hand in with `POST /submissions` and an `Idempotency-Key` of your own: if a request got lost, you can send it again as
often as you like, and it makes one submission. Then request `Location` until `state` is `graded`, or use a webhook.
`error` means that we failed: there is no score, no attempt is used, and staff can have it graded again.

Lists have a `limit`; `next` is the address of the page after. Answers to GET have an ETag.
Problems are `application/problem+json` (RFC 9457) with a `code` for programs and a request id.
"""

EVERYWHERE = (
    Code.MALFORMED,
    Code.METHOD_NOT_ALLOWED,
    Code.TIMED_OUT,
    Code.INTERNAL,
    Code.UNAVAILABLE,
)
WITH_TOKEN = (Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.SUSPENDED, Code.TOO_MANY_REQUESTS)
WITH_BODY = (Code.TOO_LARGE, Code.UNSUPPORTED_MEDIA_TYPE)
OF = {
    "create_submission": (
        Code.CONFLICT,
        Code.NOT_OPEN,
        Code.CLOSED,
        Code.ATTEMPTS_USED_UP,
        Code.COOLDOWN,
        Code.TOO_MANY_OPEN,
    ),
    "cancel_submission": (Code.ALREADY_OVER,),
    "enroll": (Code.CONFLICT,),
    "change_enrollment": (Code.CONFLICT,),
    "remove_enrollment": (Code.CONFLICT,),
    "restore_enrollment": (Code.CONFLICT,),
    "create_section": (Code.CONFLICT,),
    "answer_regrade_request": (Code.CONFLICT,),
    "rename_section": (Code.CONFLICT,),
    "delete_section": (Code.CONFLICT,),
    "put_package": (Code.CONFLICT, Code.PRECONDITION_FAILED),
    "delete_package": (Code.CONFLICT, Code.PRECONDITION_FAILED),
    "verify_package": (Code.CONFLICT, Code.PRECONDITION_FAILED),
    "publish_package": (Code.CONFLICT, Code.PRECONDITION_FAILED),
    "set_grade": (Code.PRECONDITION_FAILED, Code.PRECONDITION_REQUIRED),
}
# The others can have an If-Match, and do without.
NEEDS_IF_MATCH = {name for name, codes in OF.items() if Code.PRECONDITION_REQUIRED in codes}
TEXT = {"schema": {"type": "string"}}
ALWAYS = {"X-Request-ID": {"description": "Names this request in our log.", **TEXT}}
RATE = {
    "RateLimit": {"description": "Requests left (r) until the count starts again in t seconds.", **TEXT},
    "RateLimit-Policy": {"description": "Requests allowed (q) in a window of w seconds.", **TEXT},
}
HEADERS = {
    "202": {
        "Location": {"description": "The address of the submission, with its score.", **TEXT},
        "Retry-After": {"description": "When to request it first, in seconds.", **TEXT},
    },
    "401": {"WWW-Authenticate": {"description": "What is wrong with the token.", **TEXT}},
    "405": {"Allow": {"description": "The methods that are served here.", **TEXT}},
    "429": {"Retry-After": {"description": "When to try again, in seconds.", **TEXT}},
    "503": {"Retry-After": {"description": "When to try again, in seconds.", **TEXT}},
}
REPLAYED = {"Idempotent-Replayed": {"description": "`true` if this answer was given before.", **TEXT}}


def query_names(schema: Any, path: str, method: str) -> set[str] | None:
    """Return the query parameters of an operation; None if there is no such operation."""
    operation = schema["paths"].get(path, {}).get(method.lower())
    return operation and {one["name"] for one in operation["parameters"] if one["in"] == "query"}


def completed(schema: Any) -> Any:
    """Return the schema with every possible answer."""
    schema["jsonSchemaDialect"] = "https://spec.openapis.org/oas/3.1/dialect/base"
    schema["components"]["schemas"]["Problem"] = _problem_schema()
    for item in schema["paths"].values():
        for method, operation in item.items():
            _complete(operation, method)
    return schema


def _complete(operation: dict[str, Any], method: str) -> None:
    for parameter in operation["parameters"]:
        # Required in the schema only: without it the answer is a 428, which is clearer than the 422 of a missing field.
        parameter["required"] = parameter["required"] or (
            parameter["name"] == "If-Match" and operation["operationId"] in NEEDS_IF_MATCH
        )
    with_token = bool(operation.get("security"))
    responses = {str(status): answer for status, answer in operation["responses"].items()}
    for success in responses.values():
        success["headers"] = ALWAYS | (RATE if with_token else {}) | (REPLAYED if method == "post" else {})
    if method == "get" and with_token:
        responses["304"] = {"description": "Not Modified", "headers": dict(ALWAYS)}
        responses["200"]["headers"] |= {"ETag": {"description": "For If-None-Match.", **TEXT}}
    responses |= {str(number): _answer(codes) for number, codes in _problems(operation, method).items()}
    for status, answer in responses.items():
        answer["headers"] |= HEADERS.get(status, {})
    operation["responses"] = dict(sorted(responses.items()))


def _problems(operation: dict[str, Any], method: str) -> dict[int, list[Code]]:
    names = {parameter["name"] for parameter in operation["parameters"]}
    codes = [*EVERYWHERE, *OF.get(operation["operationId"], ())]
    if operation.get("security"):
        codes += [*WITH_TOKEN, Code.PRECONDITION_FAILED] if method == "get" else [*WITH_TOKEN, Code.ARCHIVED]
    if method in {"post", "put", "patch"}:
        codes += WITH_BODY
    if "Idempotency-Key" in names:
        codes += [Code.IN_FLIGHT, Code.KEY_REUSED]
    if names or "requestBody" in operation:
        codes += [Code.NOT_FOUND, Code.INVALID]
    by_status: dict[int, list[Code]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(KINDS[code].status, []).append(code)
    return by_status


def _answer(codes: list[Code]) -> dict[str, Any]:
    examples = {code.value: {"summary": KINDS[code].title, "value": _example(code)} for code in codes}
    return {
        "description": " · ".join(KINDS[code].title for code in codes),
        "headers": dict(ALWAYS),
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}},
    }


def _example(code: Code) -> dict[str, Any]:
    kind = KINDS[code]
    errors = [{"pointer": "/user/external_id", "detail": "Field required"}] if code is Code.INVALID else []
    return {
        "type": TYPES + code,
        "title": kind.title,
        "status": kind.status,
        "code": code.value,
        "detail": kind.advice,
        "errors": errors,
        "request_id": "5f0c8d5be0a94e6fb7f1a6d0c3a1e2b4",
    }


def _problem_schema() -> dict[str, Any]:
    text = {"type": "string"}
    error = {"type": "object", "required": ["pointer", "detail"], "properties": {"pointer": text, "detail": text}}
    return {
        "type": "object",
        "title": "Problem",
        "description": "RFC 9457. `code` is for programs and never changes; `detail` is for people.",
        "required": ["type", "title", "status", "code", "detail", "errors", "request_id"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": text,
            "status": {"type": "integer"},
            "code": {"type": "string", "enum": [code.value for code in Code]},
            "detail": text,
            "errors": {
                "type": "array",
                "items": error,
                "description": "Which values are wrong: JSON pointers into the body, or /query/name and the like.",
            },
            "request_id": text,
        },
    }
