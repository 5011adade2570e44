"""The limit for request bodies, before Django reads them: too large, too slow, and within the limit."""

import asyncio
from dataclasses import replace

import pytest

from server.web.body_limits import PAGES, limit_bodies
from server.web.lanes import lanes
from server.web.serving import PageHandler

END = {"type": "http.request", "body": b"", "more_body": False}


def call(*chunks, length=None, then=END, seconds=30.0):
    """Post chunks to a page that accepts no posts; return status and body of the answer."""
    sent = []
    headers = [(b"host", b"testserver"), (b"content-type", b"application/octet-stream")]
    headers += [] if length is None else [(b"content-length", str(length).encode())]
    scope = {"type": "http", "method": "POST", "path": "/healthz", "headers": headers, "query_string": b""}

    async def run():
        left = list(chunks)

        async def receive():
            if left:
                return {"type": "http.request", "body": left.pop(0), "more_body": True}
            if then is None or END in given:
                await asyncio.Event().wait()
            given.append(then)
            return then

        async def send(message):
            sent.append(message)

        given = []
        await limit_bodies(PageHandler(lanes()), replace(PAGES, seconds=seconds))(scope, receive, send)

    asyncio.run(run())
    return sent[0]["status"], sent[1]["body"]


@pytest.fixture(autouse=True)
def _small(settings):
    settings.PAGE_BODY_MAX_BYTES = 1_000_000


def test_a_body_within_the_limit_is_passed_on():
    assert call(b"x" * 400_000, b"x" * 400_000)[0] == 405  # the page does not accept a post


def test_a_declared_size_over_the_limit_is_refused_at_once():
    assert call(length=1_000_001, then=None) == (413, b"This is too much: at most 1 MB can be sent.\n")


def test_an_undeclared_size_is_refused_when_it_passes_the_limit():
    assert call(b"x" * 600_000, b"x" * 600_000, then=None)[0] == 413


def test_a_slow_body_is_refused():
    assert call(b"x", then=None, seconds=0.05) == (408, b"This did not arrive within 0.05 seconds.\n")
