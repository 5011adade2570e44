"""Sends requests under /api/ to the API, around Django's ASGI handler, with the API's limit for bodies."""

import re
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
    await refuse(too_large(limit.size) if status == 413 else Problem(Code.TIMED_OUT, detail), send)


LIMIT = BodyLimit(max_bytes="DATA_UPLOAD_MAX_MEMORY_SIZE", seconds=30.0, refuse=_refuse)
# A package is sent whole, as a ZIP.
PACKAGE = re.compile(r"/api/v1/courses/[^/]+/packages/[^/]+/[^/]+")


def route_api(app: App, *, api: Api = serve, seconds: float = LIMIT.seconds) -> App:
    """Return an ASGI application in which the API answers requests under /api/, and `app` all others."""
    whole = _with_whole_body(api)
    limited = limit_bodies(whole, replace(LIMIT, seconds=seconds))
    of_package = limit_bodies(whole, replace(LIMIT, max_bytes="PACKAGE_ARCHIVE_MAX_BYTES", seconds=seconds))

    async def application(scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_ours(scope["path"]):
            return await app(scope, receive, send)
        is_package = scope.get("method") == "PUT" and PACKAGE.fullmatch(scope["path"])
        return await (of_package if is_package else limited)(scope, receive, send)

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
