"""Serving the API: from a request's scope and body to its answer, in a few threads that live with the process.

Django's own way is made for pages that stream: a thread of its own for each request, and five changes between it and
the event loop. The API's requests are short, so that this would cost as much as their work. Here a request is answered
in one go, by the next thread that is free; only `Prefer: wait` holds on to anything, and that is no thread.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from io import BytesIO
from typing import Any
from uuid import uuid4

from asgiref.sync import ThreadSensitiveContext
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest, get_script_prefix
from django.core.signals import request_finished, request_started
from django.http import HttpResponse
from django.urls import set_script_prefix

from server.api.middleware import respond
from server.api.problems import CONTENT_TYPE, KINDS, Code, Problem, body_of
from server.api.waiting import held

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def serve(scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
    """Answer a request whose body is here."""
    line = _line()
    if line.full:
        problem = Problem(Code.UNAVAILABLE, "Too many requests wait here already.", headers={"Retry-After": "1"})
        return await refuse(problem, send)
    try:
        response = await line.join(_respond, scope, body)
    except UnicodeDecodeError:
        return await refuse(Problem(Code.MALFORMED, "The address is not UTF-8."), send)
    if hasattr(response, "wait"):
        return await _hold(response, receive, send)
    return await _send(response, send)


class Line:
    """Requests that wait for one of a few threads, and those that they work on. One for each process."""

    def __init__(self, *, threads: int, longest: int) -> None:
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="api")
        self.longest = longest
        self.length = 0

    @property
    def full(self) -> bool:
        """Whether whoever comes now had better come again later."""
        return self.length >= self.longest

    async def join(self, work: Callable[..., HttpResponse], *args: Any) -> HttpResponse:
        """Return what the work returns once it was its turn."""
        self.length += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, work, *args)
        finally:
            self.length -= 1


@cache
def _line() -> Line:
    return Line(threads=settings.API_THREADS, longest=settings.API_LINE)


def _respond(scope: Scope, body: bytes) -> HttpResponse:
    # Between these two signals Django lends us a connection to the database.
    request_started.send(sender=serve, scope=scope)
    try:
        set_script_prefix(get_script_prefix(scope))
        return respond(ASGIRequest(scope, BytesIO(body)))
    finally:
        request_finished.send(sender=serve)


async def _hold(response: HttpResponse, receive: Receive, send: Send) -> None:
    """Send what `Prefer: wait` waits for; nothing where the caller goes away meanwhile."""
    async with ThreadSensitiveContext():
        waiting = asyncio.ensure_future(held(response))
        leaving = asyncio.ensure_future(receive())  # after the body, that is all that can come
        await asyncio.wait({waiting, leaving}, return_when=asyncio.FIRST_COMPLETED)
        there = waiting.done()
        for task in (waiting, leaving):
            task.cancel()
        # The other one is the web server's own kind of future, which never tells asyncio that it was cancelled.
        await asyncio.wait({waiting})
    if there:
        await _send(waiting.result(), send)


async def _send(response: HttpResponse, send: Send) -> None:
    headers = [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})


async def refuse(problem: Problem, send: Send) -> None:
    """Answer with a problem that was seen before there was a request; the connection ends with it."""
    request_id = uuid4().hex
    headers = {"content-type": CONTENT_TYPE, "x-request-id": request_id, "connection": "close"}
    headers |= {name.lower(): value for name, value in problem.headers.items()}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": KINDS[problem.code].status, "headers": encoded})
    await send({"type": "http.response.body", "body": body_of(problem, request_id)})
