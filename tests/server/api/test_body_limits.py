"""Bodies at the gate: too large, too slow, cut off, and just right."""

import asyncio
import json

import pytest

from server.api.body_limits import guarded


async def echo_whole(scope, body, receive, send):
    """Answer with what the gate took in."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def echo(scope, receive, send):
    """Answer with what came in."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def call(*chunks, path="/api/v1/submissions", length=None, then=None, patience=30.0):
    """Send chunks through the gate; return status and body. `then` says what comes after them, else nothing ever."""
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

        gate = guarded(echo, api=echo_whole, patience=patience)
        await gate({"type": "http", "path": path, "headers": headers}, receive, send)

    asyncio.run(run())
    return (sent[0]["status"], sent[1]["body"]) if sent else None


END = {"type": "http.request", "body": b"", "more_body": False}


def test_a_body_in_pieces_goes_on_whole():
    assert call(b"one ", b"two", then=END) == (200, b"one two")


def test_a_declared_size_that_is_too_large_is_refused_before_anything_is_read(settings):
    status, body = call(length=settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)

    assert (status, json.loads(body)["code"]) == (413, "too-large")


def test_an_undeclared_size_is_refused_once_it_is_too_large(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000

    assert call(b"x" * 600, b"x" * 600)[0] == 413


def test_a_slow_client_is_given_up():
    status, body = call(b"{", patience=0.05)

    assert (status, json.loads(body)["code"]) == (408, "timed-out")


def test_for_a_client_that_leaves_nothing_is_done():
    assert call(b"{", then={"type": "http.disconnect"}) is None


@pytest.mark.parametrize("length", ["x", "-1"])
def test_a_length_that_is_no_number_is_somebody_elses_to_refuse(length):
    assert call(b"{}", length=length, then=END) == (200, b"{}")


def test_what_is_not_under_api_passes_as_it_is(settings):
    assert call(b"x", path="/courses/", length=settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1, then=END) == (200, b"x")
