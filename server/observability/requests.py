"""Every request: an id, a line in the log, and a count. The API, which goes its own way, uses the same functions.

Lines name the view, never the address: there are keys in some, such as that of a password's reset.
"""

import time
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import uuid4

import structlog
from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.core.signals import got_request_exception
from django.db import connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from grader.telemetry import logs, metrics
from server.observability.views import PROBES

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
HEADER = "X-Request-ID"

Response = TypeVar("Response", bound=HttpResponseBase)

log = structlog.get_logger(__name__)


@sync_and_async_middleware
def observability(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Answer probes before anything else has a say, and observe every page. Must stand before what redirects."""
    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> HttpResponseBase:
            if request.path_info in PROBES:
                # In a thread of its own: a probe must not wait behind the pages.
                return await sync_to_async(_apart, thread_sensitive=False)(request)
            began = begin(request)
            with logs.bound(request_id=request.request_id):  # type: ignore[attr-defined]
                return end(request, await get_response(request), began)

        return middleware

    def middleware_sync(request: HttpRequest) -> HttpResponseBase:
        if request.path_info in PROBES:
            return PROBES[request.path_info](request)
        began = begin(request)
        with logs.bound(request_id=request.request_id):  # type: ignore[attr-defined]
            return end(request, get_response(request), began)

    return middleware_sync


def _apart(request: HttpRequest) -> HttpResponseBase:
    try:
        return PROBES[request.path_info](request)
    finally:
        connections.close_all()


def begin(request: Any) -> float:
    """Give a request its id, the caller's own where it is one; returns the moment for `end`."""
    request.request_id = logs.understood(request.headers.get(HEADER)) or uuid4().hex
    return time.perf_counter()


def end(request: Any, response: Response, began: float, **more: Any) -> Response:
    """Count and log a request that is answered, and tell the caller its id; `more` stands in the line, too."""
    seconds = time.perf_counter() - began
    view, method = view_of(request), request.method if request.method in METHODS else "other"
    metrics.requests.labels(view, method, str(response.status_code)).inc()
    metrics.request_seconds.labels(view).observe(seconds)
    response.headers.setdefault(HEADER, request.request_id)
    if view != "static":
        user = getattr(getattr(request, "_cached_user", None), "pk", None)
        log.info(
            "request",
            view=view,
            method=method,
            status=response.status_code,
            milliseconds=round(seconds * 1000, 1),
            **({"user": user} if user else {}),
            **more,
        )
    return response


def view_of(request: Any) -> str:
    """Return the name of the view that answered, "static" for files, "unknown" where there is none."""
    match = getattr(request, "resolver_match", None)
    if match is not None:
        return match.view_name or "unknown"
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "unknown"


def _note_exception(sender: Any, request: Any = None, **_: Any) -> None:
    log.exception("page_failed", view=view_of(request) if request is not None else "unknown")


got_request_exception.connect(_note_exception, dispatch_uid="note exceptions of pages")
