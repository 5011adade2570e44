"""Sends requests under /api/ to the API, around Django's ASGI handler, with the API's limit for bodies."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from server.api.admission import too_large
from server.api.middleware import is_ours
from server.api.problems import Code, Problem
from server.api.serving import refuse, serve
from server.web.body_limits import App, AsgiScope, BodyLimit, Receive, Send, limit_bodies

Api = Callable[[AsgiScope, bytes, Receive, Send], Awaitable[None]]


async def _refuse(status: int, limit: BodyLimit, send: Send) -> None:
    detail = f"The body did not arrive within {limit.seconds:g} seconds."
    await refuse(too_large() if status == 413 else Problem(Code.TIMED_OUT, detail), send)


LIMIT = BodyLimit(max_bytes="DATA_UPLOAD_MAX_MEMORY_SIZE", seconds=30.0, refuse=_refuse)


def route_api(app: App, *, api: Api = serve, seconds: float = LIMIT.seconds) -> App:
    """Return an ASGI application in which the API answers requests under /api/, and `app` all others."""
    limited = limit_bodies(_with_whole_body(api), replace(LIMIT, seconds=seconds))

    async def application(scope: AsgiScope, receive: Receive, send: Send) -> None:
        is_api = scope["type"] == "http" and is_ours(scope["path"])
        await (limited if is_api else app)(scope, receive, send)

    return application


def _with_whole_body(api: Api) -> App:
    async def application(scope: AsgiScope, receive: Receive, send: Send) -> None:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":  # the client has left, or the body is refused
                return None
            body += message.get("body", b"")
            if not message.get("more_body"):
                return await api(scope, bytes(body), receive, send)

    return application
