"""The limit for the bodies of the API: too large, too slow, cut off, and within the limit."""

import asyncio
import json

import pytest

from server.api.gate import route_api


async def echo_whole(scope, body, receive, send):
    """Answer with the body that the gate read."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def echo(scope, receive, send):
    """Answer with the body of the request."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def call(*chunks, path="/api/v1/submissions", length=None, then=None, seconds=30.0):
    """Send chunks through the gate; return status and body. `then` is the message after them, if there is one."""
    sent = []
    headers = [] if length is None else [(b"content-length", str(length).encode())]

    async def run():
        left = list(chunks)

        async def receive():
            if left:
                return {"type": "http.request", "body": left.pop(0), "more_body": True}
            if then is None:
                await asyncio.Event().wait()
            return then

        async def send(message):
            sent.append(message)

        gate = route_api(echo, api=echo_whole, seconds=seconds)
        await gate({"type": "http", "path": path, "headers": headers}, receive, send)

    asyncio.run(run())
    return (sent[0]["status"], sent[1]["body"]) if sent else None


END = {"type": "http.request", "body": b"", "more_body": False}


def test_a_body_in_pieces_arrives_whole():
    assert call(b"one ", b"two", then=END) == (200, b"one two")


def test_a_declared_size_over_the_limit_is_refused_at_once(settings):
    status, body = call(length=settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)

    assert (status, json.loads(body)["code"]) == (413, "too-large")


def test_an_undeclared_size_is_refused_when_it_passes_the_limit(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000

    assert call(b"x" * 600, b"x" * 600)[0] == 413


def test_a_slow_body_is_refused():
    status, body = call(b"{", seconds=0.05)

    assert (status, json.loads(body)["code"]) == (408, "timed-out")


def test_nothing_is_sent_if_the_client_disconnects():
    assert call(b"{", then={"type": "http.disconnect"}) is None


@pytest.mark.parametrize("length", ["x", "-1"])
def test_a_declared_size_that_is_no_number_is_ignored(length):
    assert call(b"{}", length=length, then=END) == (200, b"{}")


def test_other_addresses_are_not_limited_here(settings):
    assert call(b"x", path="/courses/", length=settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1, then=END) == (200, b"x")
