"""The API as the web server calls it: threads, a queue with a limit, callers that disconnect."""

import asyncio
import json
import threading

import pytest

from server.api import serving, waiting
from server.api.gate import route_api
from server.submissions.models import Submission
from server.web.request_queue import RequestQueue


async def website(scope, receive, send):
    raise AssertionError("the API must answer this request")


def send_request(method, path, *, query=b"", token="", body=b"", disconnects=False, **headers):
    """Send one request through the gate: (status, headers, body); None if there was no answer."""
    sent = []
    fields = {"host": "testserver", "content-type": "application/json", "authorization": f"Bearer {token}", **headers}
    scope = {"type": "http", "method": method, "path": f"/api/v1{path}", "query_string": query, "scheme": "http"}
    scope["headers"] = [(name.encode(), value.encode()) for name, value in fields.items()]

    async def run():
        messages = [{"type": "http.request", "body": body}]

        async def receive():
            if not messages:
                if not disconnects:
                    await asyncio.Event().wait()
                return {"type": "http.disconnect"}
            return messages.pop(0)

        async def send(message):
            sent.append(message)

        await route_api(website)(scope, receive, send)

    asyncio.run(run())
    return (sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]) if sent else None


def test_an_answer_has_the_common_headers():
    status, headers, body = send_request("GET", "/problems/invalid")

    assert (status, json.loads(body)["status"]) == (200, 422)
    assert headers[b"content-type"] == b"application/json"
    assert headers[b"x-content-type-options"] == b"nosniff"


@pytest.mark.django_db(transaction=True)
def test_a_submission_is_stored(call, body):
    status, headers, answer = send_request("POST", "/submissions", token=call.token, body=json.dumps(body).encode())

    assert status == 202
    assert headers[b"location"].decode().endswith(json.loads(answer)["id"])
    assert Submission.objects.count() == 1


def test_a_query_that_is_not_utf_8_is_a_problem():
    status, headers, body = send_request("GET", "/submissions", query=b"course=\xff\xfe")

    assert (status, headers[b"content-type"]) == (400, b"application/problem+json")
    assert json.loads(body)["code"] == "malformed"


def test_a_full_queue_gives_503_with_retry_after(monkeypatch):
    monkeypatch.setattr(serving, "_queue", lambda: RequestQueue("test", threads=1, max_length=0))

    status, headers, body = send_request("GET", "/problems/invalid")

    assert (status, headers[b"retry-after"]) == (503, b"1")
    assert json.loads(body)["code"] == "unavailable"


def test_a_full_queue_has_room_after_an_answer():
    requests, first = RequestQueue("test", threads=1, max_length=2), threading.Event()

    async def run():
        works = [asyncio.create_task(requests.run(first.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        was_full = requests.is_full
        first.set()
        await asyncio.gather(*works)
        return was_full, requests.is_full

    assert asyncio.run(run()) == (True, False)


@pytest.mark.django_db(transaction=True)
def test_a_disconnect_ends_the_wait_and_keeps_the_submission(call, body, monkeypatch):
    ended = []

    async def held(_):
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("the wait")

    monkeypatch.setattr(serving, "held", held)

    answer = send_request(
        "POST", "/submissions", token=call.token, body=json.dumps(body).encode(), disconnects=True, prefer="wait=10"
    )

    assert (answer, ended) == (None, ["the wait"])
    assert Submission.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_answer_survives_an_error_during_the_wait(call, body, monkeypatch):
    def broken(_):
        raise RuntimeError("the stream broke")

    monkeypatch.setattr(waiting.snapshots, "stream", broken)

    status, _, answer = send_request(
        "POST", "/submissions", token=call.token, body=json.dumps(body).encode(), prefer="wait=10"
    )

    assert (status, json.loads(answer)["state"]) == (202, "queued")
