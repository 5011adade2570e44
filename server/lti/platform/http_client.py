"""Requests to platforms, with LTI's limits: `LTI_TIMEOUT`, `LTI_ALLOW_PRIVATE` and a largest size for answers."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from server.common.bounded_json import load_json
from server.lti.errors import ServiceError
from server.outbox import addresses, http_client
from server.outbox.http_client import Answer

MAX_BYTES = 8 * 1024 * 1024
MAX_TEXT = 400  # characters of a platform's explanation that we keep


def request(method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Make one request and return the answer, whatever its status. Raises ServiceError if there is no answer."""
    answer = http_client.request(
        method,
        url,
        body=body,
        headers={"User-Agent": "Chainrule-LTI/1", **(headers or {})},
        timeout=settings.LTI_TIMEOUT,
        allow_private=settings.LTI_ALLOW_PRIVATE,
        max_bytes=MAX_BYTES,
    )
    if answer.status is None:
        raise ServiceError(answer.error[:MAX_TEXT])
    return answer


def check(url: str) -> None:
    """Raise AddressRefused if a URL is not one that we connect to. Does not resolve its name."""
    addresses.check_url(url, allow_private=settings.LTI_ALLOW_PRIVATE)


def get_json(url: str) -> Any:
    """Return the JSON data at a URL. Raises ServiceError if there is none."""
    answer = request("GET", url, headers={"Accept": "application/json"})
    return read_json(check_success(answer))


def post_form(url: str, fields: Mapping[str, str]) -> Answer:
    """Post a form and return the answer. Raises ServiceError if there is no answer."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    return request("POST", url, body=urlencode(fields).encode(), headers=headers)


def check_success(answer: Answer) -> Answer:
    """Return an answer with a 2xx status. Raises ServiceError with the platform's explanation for any other."""
    if not answer.is_success:
        raise ServiceError(explanation(answer), status=answer.status, retry_after=answer.retry_after)
    return answer


def read_json(answer: Answer) -> Any:
    """Return the body as JSON data. Raises ServiceError if it is not JSON."""
    try:
        return load_json(answer.body)
    except (ValueError, RecursionError):
        text = f"The answer is not JSON: {explanation(answer)}"
        raise ServiceError(text[:MAX_TEXT], status=answer.status) from None


def explanation(answer: Answer) -> str:
    """Return the platform's explanation, for people: Moodle puts it into the reason phrase, others into the body."""
    body = " ".join(answer.body[:2000].decode("utf-8", errors="replace").replace("\0", "").split())
    plain = "" if body.startswith("<") else body
    return f"{answer.status} {answer.reason} {plain}".strip()[:MAX_TEXT]
