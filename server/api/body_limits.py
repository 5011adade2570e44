"""The gate before Django: takes in what is under /api/, and lets bodies that are too large or too slow no further.

Django takes a whole body in before it asks any questions. Here a declared size is refused at once, a growing one as
soon as it is too large, and a body that trickles in is given up, so that nobody fills a disk or holds on for ever.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from django.conf import settings

from server.api.admission import too_large
from server.api.middleware import is_ours
from server.api.problems import Code, Problem
from server.api.serving import Receive, Scope, Send, refuse, serve

App = Callable[[Scope, Receive, Send], Awaitable[None]]
Api = Callable[[Scope, bytes, Receive, Send], Awaitable[None]]

# How long a whole body may take (seconds).
PATIENCE = 30.0


def guarded(app: App, *, api: Api = serve, patience: float = PATIENCE) -> App:
    """Return an ASGI application that has the API answer requests with reasonable bodies, and the app all others."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_ours(scope["path"]):
            return await app(scope, receive, send)
        try:
            body = await _whole(scope, receive, patience)
        except Problem as problem:
            return await refuse(problem, send)
        if body is not None:
            await api(scope, body, receive, send)
        return None

    return application


async def _whole(scope: Scope, receive: Receive, patience: float) -> bytes | None:
    """Return a whole body, None where the caller left before its end; raise the Problem with it."""
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if _declared(scope) > most:
        raise too_large()
    body, deadline = bytearray(), time.monotonic() + patience
    while True:
        try:
            message = await asyncio.wait_for(receive(), max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            raise Problem(Code.TIMED_OUT, f"The body did not arrive within {patience:g} seconds.") from None
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > most:
            raise too_large()
        if not message.get("more_body"):
            return bytes(body)


def _declared(scope: Scope) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0
