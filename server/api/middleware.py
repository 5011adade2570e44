"""Handles every request under /api/.

The API has no sessions and reads no cookies, so it skips the website's middleware, which could answer with a page.
Every answer, also to an unexpected error, is JSON with a request id.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.utils.decorators import sync_and_async_middleware

from grader.telemetry import logs
from server.api.application import api, problem_of
from server.api.conditions import conditional
from server.api.openapi import query_names
from server.api.problems import CONTENT_TYPE, KINDS, At, Code, Problem, answer, code_of
from server.api.waiting import held
from server.audit.models import Origin
from server.audit.origin import acting
from server.observability.requests import begin, end

PREFIX = "/api/"
# Only this page, which is for people, is served like the other pages.
PAGES = frozenset({"/api/v1/docs"})
ROUTE_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@sync_and_async_middleware
def api_middleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Answer requests under /api/ and pass on all others. Must be the first middleware."""
    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> HttpResponseBase:
            if not is_ours(request.path_info):
                return await get_response(request)
            response = await sync_to_async(respond)(request)
            return await held(response) if hasattr(response, "wait") else response

        return middleware

    def middleware_sync(request: HttpRequest) -> HttpResponseBase:
        if not is_ours(request.path_info):
            return get_response(request)
        response = respond(request)
        return async_to_sync(held)(response) if hasattr(response, "wait") else response

    return middleware_sync


def is_ours(path: str) -> bool:
    """Whether the API answers at this address."""
    return path.startswith(PREFIX) and path not in PAGES


def respond(request: Any) -> HttpResponse:
    """Return the answer to a request. Never raises."""
    began = begin(request)
    with logs.bound(request_id=request.request_id), acting(Origin.API, **_caller(request)):
        response = _finished(request, _answered(request))
        return end(request, response, began, token_prefix=getattr(getattr(request, "auth", None), "prefix", None))


def _caller(request: Any) -> dict[str, Any]:
    """Return how the audit log finds the person and the token of a request."""

    def access() -> Any:
        return getattr(request, "auth", None)

    return {
        "person": lambda: access().token.person if access() else None,
        "token": lambda: str(access().token) if access() else "",
    }


def _answered(request: Any) -> HttpResponse:
    try:
        _check_address(request)
        request.resolver_match = match = resolve(request.path_info)
        _check_query(request, match.route)
        return match.func(request, *match.args, **match.kwargs)
    except Exception as error:
        return answer(problem_of(error), request)


def _check_address(request: HttpRequest) -> None:
    request.get_host()  # raises if the host is not in ALLOWED_HOSTS
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        # No redirect: the token was already sent unencrypted.
        raise Problem(Code.FORBIDDEN, "Use https: a token must not be sent unencrypted.")
    if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
        raise Problem(Code.MALFORMED, "An address must not contain NUL.")


def _check_query(request: HttpRequest, route: str) -> None:
    """Refuse unknown parameters, which can be a filter with a typing error, and repeated ones: one would be ignored."""
    path = "/" + ROUTE_PARAMETER.sub(r"{\1}", route)
    known = query_names(_schema(), path, request.method or "")
    if known is None:
        return
    _refuse([name for name in request.GET if name not in known], "There is no such parameter.")
    _refuse([name for name, values in request.GET.lists() if len(values) > 1], "Give this parameter once.")


def _refuse(names: list[str], detail: str) -> None:
    if names:
        wrong = [At(pointer=f"/query/{name}", detail=detail) for name in names]
        raise Problem(Code.INVALID, "The address has wrong parameters.", wrong)


@cache
def _schema() -> Any:
    return api.get_openapi_schema()


def _finished(request: Any, response: HttpResponse) -> HttpResponse:
    """Turn errors of Django into problems, then set the headers that every answer has."""
    final = _as_problem(request, conditional(request, response))
    for name, value in {**getattr(request, "rate_headers", {}), **_common(request)}.items():
        final.headers.setdefault(name, value)
    return final


def _as_problem(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if response.status_code < 400 or response.get("Content-Type") == CONTENT_TYPE:
        return response
    code = code_of(response.status_code)
    headers = {name: response[name] for name in ("Allow", "Retry-After") if name in response}
    return answer(Problem(code, KINDS[code].advice, headers=headers), request)


def _common(request: Any) -> dict[str, str]:
    headers = {
        "X-Request-ID": request.request_id,
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    }
    if request.is_secure() and settings.SECURE_HSTS_SECONDS:
        headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
    return headers
