"""Other people's platforms: Open edX's own code in a process of its own, and `lti1p3platform` in this one."""

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
    """Serves our key set, as it was published last, at the address that the platforms know."""

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
    """Us, as a platform knows us."""
    settings.LTI_ALLOW_PRIVATE, settings.PUBLIC_URL = True, published.url
    published.keys = keys.key_set()
    return published


class OpenEdx:
    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, path, said=None, *, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.url}/{path}?{urlencode(said or {})}", data, timeout=20) as answer:
            return json.load(answer)

    def launch(self, user, role="student", *, message="LtiResourceLinkRequest"):
        """Go the whole way in a browser; the browser, and our answer to the launch."""
        browser = Client()
        begun = self.ask("begin", {"user": user, "role": role, "message": message})
        sent = browser.get("/lti/login?" + urlsplit(begun["login"]).query)
        form = self.ask("launch", dict(parse_qsl(urlsplit(sent["Location"]).query)))
        return browser, browser.post("/lti/launch", form)


@pytest.fixture(scope="module")
def edx(published, tmp_path_factory):
    """Open edX, running."""
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
    """Open edX, registered here as its guide says."""
    about = edx.ask("begin", {"user": 1, "role": "student", "message": "LtiResourceLinkRequest"})
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


def test_a_student_comes_from_open_edx(openedx, assignment):
    browser, answer = openedx.launch("7")

    assert (answer.status_code, answer["Location"]) == (302, assignment.get_absolute_url())
    assert browser.get(answer["Location"]).status_code == 200
    assert Enrollment.objects.get(user__lti_identities__sub="7").role == "student"


def test_staff_of_open_edx_pick_exercises(openedx, assignment):
    browser, answer = openedx.launch("8", "staff", message="LtiDeepLinkingRequest")
    page = browser.post(answer["Location"], {"assignments": [assignment.pk]})
    (item,) = openedx.ask("picked", body={"JWT": token_in(page)})

    assert item["custom"] == {"exercise": assignment.slug}
    assert item["lineItem"]["scoreMaximum"] == assignment.points


def test_grades_arrive_in_open_edx_and_a_retry_that_arrived_before_is_known_as_such(openedx, assignment):
    openedx.launch("9")
    learner = Identity.objects.get(sub="9").user
    graded(learner, assignment, 7)
    send_all()
    assert Passback.objects.get().state == PassbackState.SENT
    assert [one for one in reconciliation.reconcile(LineItem.objects.get()) if one.row] == []

    Passback.objects.update(state=PassbackState.PENDING, sent_at=None)  # as if we had not heard
    send_all()
    assert PassbackTry.objects.last().status == 400
    assert Passback.objects.get().state == PassbackState.SENT

    with later():
        graded(learner, assignment, 9)
        send_all()
    assert Passback.objects.get().state == PassbackState.SENT
    assert openedx.ask("grades")["9"] == pytest.approx(0.9)
    assert [one for one in reconciliation.reconcile(LineItem.objects.get()) if one.row] == []


def test_open_edx_asks_for_our_keys_after_a_rotation(openedx, assignment, tool):
    openedx.launch("10")
    keys.rotate()
    graded(Identity.objects.get(sub="10").user, assignment, 7)
    send_all()

    assert Passback.objects.get().state == PassbackState.SENT


class InBrowser:
    """A browser on its way through the library's platform."""

    def __init__(self, library):
        self.library, self.client = library, Client()

    def launch(self, user, role="Learner", **what):
        sent = self.client.get("/lti/login?" + urlsplit(self.library.login(user)).query)
        form = self.library.launch(dict(parse_qsl(urlsplit(sent["Location"]).query)), role=role, **what)
        return self.client.post("/lti/launch", {name: form[name] for name in ("id_token", "state")})


@pytest.fixture
def library(tool, assignment):
    """A platform made of `lti1p3platform`, registered here."""
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


def test_a_student_comes_from_the_library_and_the_grade_goes_back(library, assignment):
    answer = InBrowser(library).launch("7", exercise=assignment.slug)
    assert answer["Location"] == assignment.get_absolute_url()
    graded(Identity.objects.get().user, assignment, 7)
    send_all()

    (column,) = library.columns.values()
    assert (column["scoreMaximum"], column["label"]) == (assignment.points, assignment.title)
    assert (library.scores["7"]["scoreGiven"], library.scores["7"]["scoreMaximum"]) == (70, 100)
    assert reconciliation.reconcile(LineItem.objects.get()) == []


def test_the_library_refuses_what_it_has_and_that_is_known_as_arrived(library, assignment):
    InBrowser(library).launch("7", exercise=assignment.slug)
    graded(Identity.objects.get().user, assignment, 7)
    send_all()
    Passback.objects.update(state=PassbackState.PENDING, sent_at=None)
    send_all()

    assert PassbackTry.objects.last().status == 409
    assert Passback.objects.get().state == PassbackState.SENT


def test_an_instructor_of_the_library_picks_exercises(library, assignment):
    browser = InBrowser(library)
    other = make_assignment(assignment.course, slug="gradients/cube", points=40)
    answer = browser.launch("8", "Instructor", pick=True)
    page = browser.client.post(answer["Location"], {"assignments": [assignment.pk, other.pk]})
    items = library.config.validate_deeplinking_resp({"JWT": token_in(page)})

    assert {one["custom"]["exercise"]: one["lineItem"]["scoreMaximum"] for one in items} == {
        assignment.slug: 100,
        other.slug: 40,
    }
