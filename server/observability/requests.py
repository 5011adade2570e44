"""Every request gets an id, a log line and a count. The API has a request path of its own and uses the same functions.

A line names the view and never the address, because some addresses contain keys, such as those for a password reset.
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
    """Answer probes first, and observe every other request. It must come before middleware that redirects."""
    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> HttpResponseBase:
            if request.path_info in PROBES:
                # In a thread of its own: a probe must not wait for pages.
                return await sync_to_async(_answer_probe, thread_sensitive=False)(request)
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


def _answer_probe(request: HttpRequest) -> HttpResponseBase:
    try:
        return PROBES[request.path_info](request)
    finally:
        connections.close_all()


def begin(request: Any) -> float:
    """Give a request its id (the caller's own if it is valid) and return the start time for `end`."""
    request.request_id = logs.valid_request_id(request.headers.get(HEADER)) or uuid4().hex
    return time.perf_counter()


def end(request: Any, response: Response, began: float, **more: Any) -> Response:
    """Count and log an answered request and put its id into the response. `more` is added to the log line."""
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
    """Return the name of the view that answered, "static" for files, or "unknown"."""
    match = getattr(request, "resolver_match", None)
    if match is not None:
        return match.view_name or "unknown"
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "unknown"


def _log_exception(sender: Any, request: Any = None, **_: Any) -> None:
    log.exception("page_failed", view=view_of(request) if request is not None else "unknown")


got_request_exception.connect(_log_exception, dispatch_uid="log exceptions of pages")
