"""Conditional requests (RFC 9110, section 13): ETags are digests of the bytes that are sent, or of a package."""

from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import parse_etags


def etag_of(content: bytes) -> str:
    """Return the ETag of a body."""
    return f'"{sha256(content).hexdigest()[:32]}"'


def matches(header: str, etag: str) -> bool:
    """Whether an If-Match header names this ETag. `*` names none: a change must be of what the caller has read."""
    return etag in parse_etags(header)


def conditional(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return the answer to a GET with its ETag, or 304 if the caller has it already."""
    if request.method != "GET" or response.status_code != 200:
        return response
    etag = response.headers.get("ETag") or etag_of(response.content)
    response["ETag"] = etag
    answer = get_conditional_response(request, etag=etag, response=response)
    return answer if isinstance(answer, HttpResponse) else response
