"""The gate before the pages: bodies that are too large or too slow get no further.

Django writes a whole body to disk before it asks any questions; what it limits afterwards does not concern files. The
API has a gate of its own, `server.api.body_limits`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# How long a whole body may take (seconds): a notebook of some megabytes over a slow line.
PATIENCE = 120.0
LEFT = {"type": "http.disconnect"}


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why a body goes no further: the status, and words."""

    status: int
    words: str


def bounded(app: App, *, patience: float = PATIENCE) -> App:
    """Return an ASGI application that hands on requests with reasonable bodies only."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        body = _Body(receive, patience)
        if _declared(scope) > settings.PAGE_BODY_MAX_BYTES:
            body.refusal = _too_large()
        else:
            await app(scope, body.receive, send)
        if body.refusal is not None:
            await _refuse(body.refusal, send)
        return None

    return application


class _Body:
    """Receives a body until it is too much or takes too long; then the app hears that the client has left.

    Django puts away what it has, and says nothing to somebody who left: the answer is ours.
    """

    def __init__(self, receive: Receive, patience: float) -> None:
        self.refusal: _Refusal | None = None
        self._receive = receive
        self._patience = patience
        self._deadline = time.monotonic() + patience
        self._size = 0
        self._whole = False

    async def receive(self) -> Mapping[str, Any]:
        """Return the next message."""
        if self._whole:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, self._deadline - time.monotonic()))
        except TimeoutError:
            self.refusal = _Refusal(408, f"This did not arrive within {self._patience:g} seconds.")
            return LEFT
        self._size += len(message.get("body", b""))
        self._whole = not message.get("more_body")
        if self._size > settings.PAGE_BODY_MAX_BYTES:
            self.refusal = _too_large()
            return LEFT
        return message


def _declared(scope: Scope) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


def _too_large() -> _Refusal:
    return _Refusal(413, f"This is too much: at most {settings.PAGE_BODY_MAX_BYTES // 1_000_000} MB can be sent.")


async def _refuse(refusal: _Refusal, send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{refusal.words}\n".encode()})
