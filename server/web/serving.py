"""Serves the pages: from a request's scope and body to its answer, in a few threads that live as long as the process.

Django's ASGI handler starts a thread for each request and changes five times between that thread and the event loop,
which costs as much as a third of a page. Here the next free thread runs the middleware and the view of a request in one
step, as behind WSGI. The event loop sends event streams and downloads, so a client that reads slowly holds no thread.

Requests of one kind cannot keep those of another kind waiting: sign-ins (which hash a password), pages that can take
long, and probes have threads of their own.
"""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import IO, Any, cast

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.core.signals import request_finished, request_started
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from server.web.body_limits import AsgiScope, Receive, Send
from server.web.request_queue import RequestQueue

READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Lane:
    """Requests with their own threads: those with one of `methods` whose whole path fits.

    An answer that is no redirect is sent at the earliest `failed_after` seconds after its work began, so that the time
    does not tell why it failed. It holds no thread meanwhile.
    """

    name: str
    paths: re.Pattern[str]
    threads: int
    methods: frozenset[str] | None = None
    failed_after: float = 0.0

    def takes(self, method: str, path: str) -> bool:
        """Whether a request belongs here."""
        return (self.methods is None or method in self.methods) and self.paths.fullmatch(path) is not None


class PageHandler(ASGIHandler):
    """Django's handler as an ASGI application whose middleware and views run in threads.

    A request takes the first lane that fits, so the last one must fit every request.
    """

    def __init__(self, lanes: Sequence[Lane]) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self.lanes = lanes

    @cached_property
    def queues(self) -> dict[str, RequestQueue]:
        """The queue of each lane."""
        longest = settings.PAGES_LINE
        return {lane.name: RequestQueue(lane.name, threads=lane.threads, max_length=longest) for lane in self.lanes}

    def lane_of(self, scope: AsgiScope) -> Lane:
        """Return the lane of a request. It sees the path that Django resolves, never another spelling."""
        path = scope["path"].removeprefix(get_script_prefix(scope))
        return next(lane for lane in self.lanes if lane.takes(scope["method"].upper(), path))

    async def handle(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Answer a request; nothing if its client disconnects before its body is complete."""
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        lane = self.lane_of(scope)
        answer = await self._answer(self.queues[lane.name], scope, body, receive)
        body.close()
        if answer is None:
            return
        response, began = answer
        if not 300 <= response.status_code < 400:
            await asyncio.sleep(began + lane.failed_after - time.monotonic())
        if response.streaming:
            await self._stream(response, receive, send)
        else:
            await self.send_response(response, send)

    async def _answer(
        self, queue: RequestQueue, scope: AsgiScope, body: IO[bytes], receive: Receive
    ) -> tuple[HttpResponseBase, float] | None:
        """Return the response and when its work began; None if the client left while the request waited for a thread.

        Only a request that reads is given up: a form is handled also if the person closes the page.
        """
        if queue.is_full:
            return too_many(), time.monotonic()
        if not queue.is_busy or scope["method"] not in READING:
            return await queue.run(self._respond, scope, body)
        work = asyncio.ensure_future(queue.run(self._respond, scope, body))
        leaving = asyncio.ensure_future(cast("Any", receive()))  # after the body, only a disconnect can come
        await asyncio.wait({work, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            await asyncio.wait({work})
            return None
        leaving.cancel()
        return work.result()

    def _respond(self, scope: AsgiScope, body: IO[bytes]) -> tuple[HttpResponseBase, float]:
        began = time.monotonic()
        # Between these two signals Django gives this thread a database connection.
        request_started.send(sender=type(self), scope=scope)
        try:
            set_script_prefix(get_script_prefix(scope))
            request, refusal = self.create_request(scope, body)
            response: Any = refusal if request is None else self.get_response(request)
            if response.streaming and response.is_async:
                return response, began
            with_content = whole(response) if response.streaming else response
            response.close()
            return with_content, began
        finally:
            request_finished.send(sender=type(self))

    async def _stream(self, response: HttpResponseBase, receive: Receive, send: Send) -> None:
        """Send a response while it is made, until its client disconnects."""
        sending = asyncio.ensure_future(self.send_response(response, send))
        leaving = asyncio.ensure_future(cast("Any", receive()))
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        for task in (sending, leaving):
            task.cancel()
        # `leaving` is the web server's own kind of future, which never reports to asyncio that it was cancelled.
        await asyncio.wait({sending})
        await sync_to_async(response.close)()
        if not sending.cancelled():
            sending.result()


def whole(response: Any) -> HttpResponse:
    """Return a response with all pieces of one that would be sent piece by piece."""
    found = HttpResponse(b"".join(response), status=response.status_code, headers=dict(response.items()))
    found.cookies = response.cookies
    return found


def too_many() -> HttpResponse:
    """Return the answer for a request that cannot even wait."""
    text = "Too many people use this server at the moment. Try again in some seconds.\n"
    return HttpResponse(text, status=503, content_type="text/plain; charset=utf-8", headers={"Retry-After": "5"})
