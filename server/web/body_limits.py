"""The gate in front of Django: refuses request bodies that are too large or too slow, for the pages and for the API.

Django writes a whole body to disk or memory before it calls any view, and its own limits do not count files. Here a
declared size is refused at once, a growing one as soon as it is too large, and a slow one when its time is over. So
nobody can fill the disk or hold a connection for ever.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

AsgiScope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[AsgiScope, Receive, Send], Awaitable[None]]

DISCONNECT = {"type": "http.disconnect"}


@dataclass(frozen=True, kw_only=True, slots=True)
class BodyLimit:
    """What a body can be: its size is at most the setting `max_bytes`, and it arrives within `seconds`.

    `refuse` sends the answer for a body beyond that: status 413 or 408.
    """

    max_bytes: str
    seconds: float
    refuse: Callable[[int, "BodyLimit", Send], Awaitable[None]]

    @property
    def size(self) -> int:
        """The largest size in bytes."""
        return int(getattr(settings, self.max_bytes))


def limit_bodies(app: App, limit: BodyLimit) -> App:
    """Return an ASGI application that passes on requests whose bodies are within the limit."""

    async def application(scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        body = _Body(receive, limit)
        if _declared_size(scope) > limit.size:
            body.refused_with = 413
        else:
            await app(scope, body.receive, send)
        if body.refused_with:
            await limit.refuse(body.refused_with, limit, send)
        return None

    return application


class _Body:
    """Receives a body until it is complete, too large or too slow. If it is refused, the app gets a disconnect.

    After a disconnect the app discards what it has and sends nothing, so the gate can send the answer.
    """

    def __init__(self, receive: Receive, limit: BodyLimit) -> None:
        self.refused_with = 0
        self._receive = receive
        self._limit = limit
        self._deadline = time.monotonic() + limit.seconds
        self._size = 0
        self._is_complete = False

    async def receive(self) -> Message:
        """Return the next message."""
        if self._is_complete:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, self._deadline - time.monotonic()))
        except TimeoutError:
            self.refused_with = 408
            return DISCONNECT
        self._size += len(message.get("body", b""))
        self._is_complete = not message.get("more_body")
        if self._size > self._limit.size:
            self.refused_with = 413
            return DISCONNECT
        return message


def _declared_size(scope: AsgiScope) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


async def _refuse_page(status: int, limit: BodyLimit, send: Send) -> None:
    text = {
        413: f"This is too much: at most {limit.size // 1_000_000} MB can be sent.",
        408: f"This did not arrive within {limit.seconds:g} seconds.",
    }[status]
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{text}\n".encode()})


# Two minutes: enough for a notebook of some megabytes over a slow line.
PAGES = BodyLimit(max_bytes="PAGE_BODY_MAX_BYTES", seconds=120.0, refuse=_refuse_page)
