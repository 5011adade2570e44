"""Platforms that others wrote: Open edX's own code in a separate process, and `lti1p3platform` in this one."""

import json
import sys
import threading
import urllib.request
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from deploy.dev.processes import running, wait_until
from server.courses.models import Enrollment
from server.lti.grades import passback, reconciliation
from server.lti.models import Identity, LineItem, Passback, PassbackState, PassbackTry, Platform
from server.lti.platform import keys, registration
from tests.server.lti.test_deep_links import token_in
from tests.support.lms.library import Library
from tests.support.people import graded, make_assignment

pytestmark = pytest.mark.django_db


class Published(ThreadingHTTPServer):
    """Serves our key set, as last published, at the address that the platforms know."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _KeySet)
        self.keys = {"keys": []}
        self.url = f"http://127.0.0.1:{self.server_port}"


class _KeySet(BaseHTTPRequestHandler):
    def do_GET(self):
        data = json.dumps(self.server.keys).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def published():
    with Published() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def tool(published, settings):
    """Our server at the address that the platforms know."""
    settings.LTI_ALLOW_PRIVATE, settings.PUBLIC_URL = True, published.url
    published.keys = keys.key_set()
    return published


class OpenEdx:
    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"

    def request(self, path, params=None, *, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.url}/{path}?{urlencode(params or {})}", data, timeout=20) as answer:
            return json.load(answer)

    def launch(self, user, role="student", *, message="LtiResourceLinkRequest"):
        """Log in and launch in a new browser; return the browser and our response to the launch."""
        browser = Client()
        begun = self.request("begin", {"user": user, "role": role, "message": message})
        sent = browser.get("/lti/login?" + urlsplit(begun["login"]).query)
        form = self.request("launch", dict(parse_qsl(urlsplit(sent["Location"]).query)))
        return browser, browser.post("/lti/launch", form)


@pytest.fixture(scope="module")
def edx(published, tmp_path_factory):
    """Open edX in a running process."""
    folder = tmp_path_factory.mktemp("edx")
    log = folder / "edx.log"
    command = [Path(sys.executable), "-m", "tests.support.lms.openedx", published.url, folder]
    with running("Open edX", command, log=log) as process:
        wait_until(lambda: _port(folder), name="Open edX", process=process, log=log)
        yield OpenEdx(_port(folder))


def _port(folder):
    file = folder / "port"
    return file.read_text() if file.exists() else ""


@pytest.fixture
def openedx(edx, tool, assignment):
    """Open edX, registered here as deploy/lms/openedx.md describes."""
    about = edx.request("begin", {"user": 1, "role": "student", "message": "LtiResourceLinkRequest"})
    base = f"{edx.url}/lti_consumer/v1"
    platform = Platform(
        course=assignment.course,
        issuer=edx.url,
        client_id=about["client_id"],
        auth_url=f"{base}/launch/",
        token_url=f"{base}/token/{about['passport']}",
        jwks_url=f"{base}/public_keysets/{about['passport']}",
    )
    registration.add(platform, deployment_id="1", every_course=True)
    return edx


def send_all():
    for pk in passback.due():
        passback.send(pk)


def later(seconds=5):
    return time_machine.travel(timezone.now() + timedelta(seconds=seconds), tick=True)


def test_a_student_launches_from_open_edx(openedx, assignment):
    browser, answer = openedx.launch("7")

    assert (answer.status_code, answer["Location"]) == (302, assignment.get_absolute_url())
    assert browser.get(answer["Location"]).status_code == 200
    assert Enrollment.objects.get(user__lti_identities__sub="7").role == "student"


def test_staff_of_open_edx_pick_exercises(openedx, assignment):
    browser, answer = openedx.launch("8", "staff", message="LtiDeepLinkingRequest")
    page = browser.post(answer["Location"], {"assignments": [assignment.pk]})
    (item,) = openedx.request("picked", body={"JWT": token_in(page)})

    assert item["custom"] == {"exercise": assignment.slug}
    assert item["lineItem"]["scoreMaximum"] == assignment.points


def test_open_edx_stores_grades_and_refuses_a_repeated_score(openedx, assignment):
    openedx.launch("9")
    learner = Identity.objects.get(sub="9").user
    graded(learner, assignment, 7)
    send_all()
    assert Passback.objects.get().state == PassbackState.SENT
    assert [found for found in reconciliation.reconcile(LineItem.objects.get()) if found.row] == []

    Passback.objects.update(state=PassbackState.PENDING, sent_at=None)  # as if the response was lost
    send_all()
    assert PassbackTry.objects.last().status == 400
    assert Passback.objects.get().state == PassbackState.SENT

    with later():
        graded(learner, assignment, 9)
        send_all()
    assert Passback.objects.get().state == PassbackState.SENT
    assert openedx.request("grades")["9"] == pytest.approx(0.9)
    assert [found for found in reconciliation.reconcile(LineItem.objects.get()) if found.row] == []


def test_open_edx_fetches_our_keys_after_a_rotation(openedx, assignment, tool):
    openedx.launch("10")
    keys.rotate()
    graded(Identity.objects.get(sub="10").user, assignment, 7)
    send_all()

    assert Passback.objects.get().state == PassbackState.SENT


class LibraryBrowser:
    """A browser that launches from the library's platform."""

    def __init__(self, library):
        self.library, self.client = library, Client()

    def launch(self, user, role="Learner", **options):
        sent = self.client.get("/lti/login?" + urlsplit(self.library.login(user)).query)
        form = self.library.launch(dict(parse_qsl(urlsplit(sent["Location"]).query)), role=role, **options)
        return self.client.post("/lti/launch", {name: form[name] for name in ("id_token", "state")})


@pytest.fixture
def library(tool, assignment):
    """A platform built with `lti1p3platform`, registered here."""
    library = Library(tool.url)
    platform = Platform(
        course=assignment.course,
        issuer=library.url,
        client_id="library",
        auth_url=f"{library.url}/auth",
        token_url=f"{library.url}/token",
        jwks_url=f"{library.url}/jwks",
    )
    registration.add(platform, deployment_id="1", every_course=True)
    yield library
    library.close()


def test_the_library_gets_the_grade_after_a_launch(library, assignment):
    answer = LibraryBrowser(library).launch("7", exercise=assignment.slug)
    assert answer["Location"] == assignment.get_absolute_url()
    graded(Identity.objects.get().user, assignment, 7)
    send_all()

    (column,) = library.columns.values()
    assert (column["scoreMaximum"], column["label"]) == (assignment.points, assignment.title)
    assert (library.scores["7"]["scoreGiven"], library.scores["7"]["scoreMaximum"]) == (70, 100)
    assert reconciliation.reconcile(LineItem.objects.get()) == []


def test_a_repeated_score_refused_by_the_library_counts_as_sent(library, assignment):
    LibraryBrowser(library).launch("7", exercise=assignment.slug)
    graded(Identity.objects.get().user, assignment, 7)
    send_all()
    Passback.objects.update(state=PassbackState.PENDING, sent_at=None)
    send_all()

    assert PassbackTry.objects.last().status == 409
    assert Passback.objects.get().state == PassbackState.SENT


def test_an_instructor_of_the_library_picks_exercises(library, assignment):
    browser = LibraryBrowser(library)
    other = make_assignment(assignment.course, slug="gradients/cube", points=40)
    answer = browser.launch("8", "Instructor", pick=True)
    page = browser.client.post(answer["Location"], {"assignments": [assignment.pk, other.pk]})
    items = library.config.validate_deeplinking_resp({"JWT": token_in(page)})

    assert {one["custom"]["exercise"]: one["lineItem"]["scoreMaximum"] for one in items} == {
        assignment.slug: 100,
        other.slug: 40,
    }
