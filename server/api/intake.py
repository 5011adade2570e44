"""The gate before Django: bodies that are too large or too slow go no further.

Django takes a whole body in before it asks any questions. Here a declared size is refused at once, a growing one as
soon as it is too large, and a body that trickles in is given up, so that nobody fills a disk or holds on for ever.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

from django.conf import settings

from server.api.admission import too_large
from server.api.middleware import PREFIX
from server.api.problems import CONTENT_TYPE, KINDS, Code, Problem, body_of

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# How long a whole body may take (seconds).
PATIENCE = 30.0


def guarded(app: App, *, patience: float = PATIENCE) -> App:
    """Return an ASGI application that takes in reasonable bodies under /api/ and hands the rest on as it is."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            return await app(scope, receive, send)
        try:
            messages = await _whole(scope, receive, patience)
        except Problem as problem:
            return await _refuse(problem, send)
        return await app(scope, _replaying(messages, receive), send)

    return application


async def _whole(scope: Scope, receive: Receive, patience: float) -> list[Message]:
    """Return the messages of a whole body, or raise the Problem with it."""
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if _declared(scope) > most:
        raise too_large()
    messages: list[Message] = []
    size, deadline = 0, time.monotonic() + patience
    while True:
        try:
            message = await asyncio.wait_for(receive(), max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            raise Problem(Code.TIMED_OUT, f"The body did not arrive within {patience:g} seconds.") from None
        messages.append(message)
        size += len(message.get("body", b""))
        if size > most:
            raise too_large()
        if message["type"] != "http.request" or not message.get("more_body"):
            return messages


def _declared(scope: Scope) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


def _replaying(messages: list[Message], receive: Receive) -> Receive:
    waiting = iter(messages)

    async def replay() -> Message:
        return next(waiting, None) or await receive()

    return replay


async def _refuse(problem: Problem, send: Send) -> None:
    request_id = uuid4().hex
    headers = {"content-type": CONTENT_TYPE, "x-request-id": request_id, "connection": "close"}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": KINDS[problem.code].status, "headers": encoded})
    await send({"type": "http.response.body", "body": body_of(problem, request_id)})
