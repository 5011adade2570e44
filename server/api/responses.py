"""Builds the answers: JSON from a schema, and pages of a list."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel

from server.api.schemas import Page


def respond(body: BaseModel, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return an answer with this body."""
    content = body.model_dump_json()
    return HttpResponse(content, status=status, content_type="application/json", headers=dict(headers or {}))


def respond_page(
    request: HttpRequest,
    rows: Any,
    *,
    limit: int,
    cursor: Callable[[Any], Any],
    show: Callable[[list[Any]], list[Any]],
) -> HttpResponse:
    """Return the first rows of a query or list, as `show` makes them, and the address of the page after them.

    `rows` come in an order that does not change, and begin behind the cursor that the caller sent; `cursor` names a
    row. One more than asked for is read, to know whether there are more.
    """
    found = list(rows[: limit + 1])
    shown, more = found[:limit], len(found) > limit
    after = _address(request, str(cursor(shown[-1]))) if more else None
    body = Page[Any](items=show(shown), next=after)
    return respond(body, headers={"Link": f'<{after}>; rel="next"'} if after else None)


def _address(request: HttpRequest, cursor: str) -> str:
    query = request.GET.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
