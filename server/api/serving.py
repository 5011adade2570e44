"""Serves the API: from a request's scope and body to its answer, in a few threads that live as long as the process.

As for pages (`server.web.serving`), the next free thread answers a request in one step. `Prefer: wait` waits in the
event loop and holds no thread.
"""

import asyncio
from functools import cache
from io import BytesIO
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
from server.web.body_limits import AsgiScope, Receive, Send
from server.web.request_queue import RequestQueue


async def serve(scope: AsgiScope, body: bytes, receive: Receive, send: Send) -> None:
    """Answer a request whose body has been read."""
    requests = _queue()
    if requests.is_full:
        problem = Problem(Code.UNAVAILABLE, "Too many requests are waiting.", headers={"Retry-After": "1"})
        return await refuse(problem, send)
    try:
        response = await requests.run(_respond, scope, body)
    except UnicodeDecodeError:
        return await refuse(Problem(Code.MALFORMED, "The address is not UTF-8."), send)
    if hasattr(response, "wait"):
        return await _hold(response, receive, send)
    return await _send(response, send)


@cache
def _queue() -> RequestQueue:
    return RequestQueue("api", threads=settings.API_THREADS, max_length=settings.API_LINE)


def _respond(scope: AsgiScope, body: bytes) -> HttpResponse:
    # Between these two signals Django gives this thread a database connection.
    request_started.send(sender=serve, scope=scope)
    try:
        set_script_prefix(get_script_prefix(scope))
        return respond(ASGIRequest(scope, BytesIO(body)))
    finally:
        request_finished.send(sender=serve)


async def _hold(response: HttpResponse, receive: Receive, send: Send) -> None:
    """Send the answer that `Prefer: wait` waits for; nothing if the client disconnects first."""
    async with ThreadSensitiveContext():
        waiting = asyncio.ensure_future(held(response))
        leaving = asyncio.ensure_future(receive())  # after the body, only a disconnect can come
        await asyncio.wait({waiting, leaving}, return_when=asyncio.FIRST_COMPLETED)
        is_ready = waiting.done()
        for task in (waiting, leaving):
            task.cancel()
        # `leaving` is the web server's own kind of future, which never reports to asyncio that it was cancelled.
        await asyncio.wait({waiting})
    if is_ready:
        await _send(waiting.result(), send)


async def _send(response: HttpResponse, send: Send) -> None:
    headers = [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})


async def refuse(problem: Problem, send: Send) -> None:
    """Answer with a problem that was found before there was a request, and close the connection."""
    request_id = uuid4().hex
    headers = {"content-type": CONTENT_TYPE, "x-request-id": request_id, "connection": "close"}
    headers |= {name.lower(): value for name, value in problem.headers.items()}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": KINDS[problem.code].status, "headers": encoded})
    await send({"type": "http.response.body", "body": body_of(problem, request_id)})
