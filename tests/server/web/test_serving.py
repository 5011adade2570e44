"""The pages as the web server asks for them: threads, queues with limits, clients that disconnect, odd paths."""

import asyncio
import re
import threading
from dataclasses import replace

import pytest
from django.http import HttpResponse
from django.urls import reverse

from server.web.lanes import lanes
from server.web.serving import PageHandler
from tests.support.people import make_submission

pytestmark = pytest.mark.django_db(transaction=True)


def scope_of(method, path, *, root="", **headers):
    fields = [(b"host", b"testserver"), *((name.encode(), value.encode()) for name, value in headers.items())]
    return {
        "type": "http",
        "method": method,
        "path": path,
        "root_path": root,
        "query_string": b"",
        "scheme": "http",
        "headers": fields,
        "client": ("192.0.2.7", 4711),
    }


class Asked:
    """One request: its messages, and a client that stays until `leave` is called."""

    def __init__(self, handler, scope, body=b""):
        self.sent, self.left, self.started, self._messages = (
            [],
            asyncio.Event(),
            False,
            [{"type": "http.request", "body": body}],
        )
        self.task = asyncio.ensure_future(handler(scope, self._receive, self._send))

    async def _receive(self):
        if self._messages:
            self.started = True
            return self._messages.pop(0)
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        self.sent.append(message)

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def headers(self):
        return dict(self.sent[0]["headers"])

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.sent[1:])


def ask(method, path, *, handler=None, body=b"", **headers):
    async def run():
        asked = Asked(handler or PageHandler(lanes()), scope_of(method, path, **headers), body)
        await asked.task
        return asked

    return asyncio.run(run())


class Held:
    """Work that takes every thread of a queue until `free`."""

    def __init__(self, queue):
        self._free = threading.Event()
        self.tasks = [asyncio.ensure_future(queue.run(self._free.wait)) for _ in range(queue.size)]

    async def free(self):
        self._free.set()
        await asyncio.gather(*self.tasks)


def test_a_page_has_its_headers_and_cookies():
    page = ask("GET", "/accounts/login/")

    assert page.status == 200
    assert b"csrfmiddlewaretoken" in page.body
    assert page.headers[b"Content-Length"] == str(len(page.body)).encode()
    assert page.headers[b"Set-Cookie"].startswith(b"csrftoken=")
    assert b"X-Request-ID" in page.headers


def test_a_static_file_arrives_whole():
    file = ask("GET", "/static/favicon.svg")

    assert (file.status, file.headers[b"Content-Length"]) == (200, str(len(file.body)).encode())
    assert file.body.startswith(b"<svg")
    assert ask("HEAD", "/static/favicon.svg").body == b""


def test_a_query_that_is_not_utf_8_is_refused():
    async def run():
        asked = Asked(PageHandler(lanes()), scope_of("GET", "/") | {"query_string": b"\xff\xfe"})
        await asked.task
        return asked.status

    assert asyncio.run(run()) == 400


@pytest.mark.parametrize(
    ("method", "path", "root", "lane"),
    [
        ("POST", "/accounts/login/", "", "sign-ins"),
        ("post", "/accounts/login/", "", "sign-ins"),
        ("POST", "/school/accounts/login/", "/school", "sign-ins"),
        ("GET", "/accounts/login/", "", "pages"),
        # Django knows no page there, so none of them can hash.
        ("POST", "/accounts/login/\n", "", "pages"),
        ("POST", "//accounts/login/", "", "pages"),
        ("POST", "/accounts%2Flogin/", "", "pages"),
        ("POST", "/Accounts/Login/", "", "pages"),
        ("POST", "/school/accounts/login/", "", "pages"),
        ("GET", "/healthz", "", "probes"),
        ("GET", "/courses/a/teach/gradebook/", "", "long"),
        ("POST", "/lti/launch/", "", "long"),
        ("GET", "/courses/a/exercises/teach/", "", "pages"),
        ("GET", "/\n/healthz", "", "pages"),
    ],
)
def test_a_request_waits_in_its_own_lane(method, path, root, lane):
    handler = PageHandler(lanes())

    assert handler.lane_of(scope_of(method, path, root=root)).name == lane


@pytest.mark.parametrize(
    "address",
    [
        reverse("account_login"),
        reverse("account_signup"),
        reverse("account_reauthenticate"),
        reverse("account_change_password"),
        reverse("account_set_password"),
        reverse("account_reset_password_from_key", args=["1", "set-password"]),
        reverse("invitations:password", args=["token"]),
    ],
)
def test_every_form_that_hashes_waits_with_the_sign_ins(address):
    handler = PageHandler(lanes())

    assert handler.lane_of(scope_of("POST", address)).name == "sign-ins"


@pytest.mark.parametrize(("held", "path"), [("sign-ins", "/accounts/login/"), ("pages", "/healthz"), ("long", "/")])
def test_a_full_lane_does_not_keep_others_waiting(held, path):
    async def run():
        handler = PageHandler(lanes())
        blocked = Held(handler.queues[held])
        asked = Asked(handler, scope_of("GET", path))
        await asyncio.wait_for(asked.task, 30)
        await blocked.free()
        return asked.status

    assert asyncio.run(run()) in {200, 302}


def test_a_request_too_many_is_refused_at_once(settings):
    settings.PAGES_LINE = 0

    page = ask("GET", "/accounts/login/")

    assert (page.status, page.headers[b"Retry-After"]) == (503, b"5")


@pytest.mark.parametrize(("method", "is_handled"), [("GET", False), ("POST", True)])
def test_only_forms_are_handled_after_their_client_left(method, is_handled):
    """A browser sends the last draft while its page closes."""

    async def run():
        handler = PageHandler(lanes())
        handled = []
        handler._respond = lambda *_: handled.append(True) or (HttpResponse(), 0.0)
        blocked = Held(handler.queues["pages"])
        asked = Asked(handler, scope_of(method, "/"))
        await asyncio.sleep(0.05)
        asked.left.set()
        await asyncio.sleep(0.05)
        await blocked.free()
        await asyncio.wait({asked.task})
        return handled, asked.sent

    handled, sent = asyncio.run(run())

    assert bool(handled) is is_handled
    assert is_handled or sent == []


def test_a_failed_sign_in_waits_and_holds_no_thread():
    """The time does not tell if there is such an account, or how its password is hashed."""
    [lane] = [lane for lane in lanes() if lane.name == "sign-ins"]

    async def run():
        handler = PageHandler([replace(lane, paths=re.compile(".*"), failed_after=60)])
        failed = Asked(handler, scope_of("POST", "/accounts/session"))
        while handler.queues["sign-ins"].length or not failed.started:
            await asyncio.sleep(0.01)
        handler.lanes = [replace(lane, paths=re.compile(".*"), failed_after=60, methods=None)]
        redirect = Asked(handler, scope_of("GET", "/accounts/profile/"))
        await asyncio.wait_for(redirect.task, 30)
        failed.task.cancel()
        return failed.sent, redirect.status

    assert lane.failed_after > 0
    assert asyncio.run(run()) == ([], 302)


def test_an_event_stream_holds_no_thread(settings, client, course, assignment, student):
    settings.PAGE_THREADS = 1
    submission = make_submission(student, assignment)
    client.force_login(student)
    cookie = f"sessionid={client.cookies['sessionid'].value}"

    async def run():
        handler = PageHandler(lanes())
        stream = Asked(handler, scope_of("GET", reverse("submissions:events", args=[submission.pk]), cookie=cookie))
        page = Asked(handler, scope_of("GET", "/accounts/session", cookie=cookie))
        await asyncio.wait_for(page.task, 30)
        async with asyncio.timeout(30):
            while len(stream.sent) < 2:
                await asyncio.sleep(0.01)
        stream.left.set()
        await asyncio.wait_for(stream.task, 30)
        return stream, page

    stream, page = asyncio.run(run())

    assert (stream.status, page.status) == (200, 200)
    assert stream.headers[b"Content-Type"] == b"text/event-stream"
    assert b"event: progress" in stream.body


def test_headers_with_underscores_and_forwarded_ones_are_django_s(settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_SSL_REDIRECT = True

    assert ask("GET", "/accounts/login/", **{"x-forwarded-proto": "https"}).status == 200
    assert ask("GET", "/accounts/login/", x_forwarded_proto="https").status == 301
