"""Production as an operator starts it: the compose file with all its restrictions. `make compose-test` runs this.

Not tested: the official images of Redis, PostgreSQL and Caddy (without a registry, Debian's packages replace them),
certificates of Let's Encrypt (the proxy's own authority signs), and the profile `gpu`. If the engine does not manage
the firewall, packets between networks are not blocked either; then only names of other networks do not resolve.
"""

import json
import os
import re
import ssl
import subprocess
import threading
import time
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

import docker
import pytest
from docker.errors import ImageNotFound

from deploy.dev import images
from deploy.dev.base import ROOT
from deploy.dev.debian import find
from deploy.dev.processes import free_port
from tests.support.production import standins

HOST = "chainrule.test"
SERVICES = {"proxy", "web", "records", "grading-cpu", "redis", "postgres"}
OURS = ("web", "grading", "proxy")
SUBMIT = """
from grader.packages.catalogue import find_package
from server.accounts.models import User
from server.courses.models import Course, Enrollment, Role
from server.gradebook.models import Assignment
from server.submissions import services
slug = "derivatives/sin"
learner = User.objects.create_user("ada", password="a-long-password-of-hers")
course = Course.objects.create(slug="ad", title="AD")
Enrollment.objects.create(course=course, user=learner, role=Role.STUDENT)
assignment = Assignment.objects.create(course=course, slug=slug, exercise=slug)
print(services.submit(learner=learner, assignment=assignment, source=find_package(slug).solution).pk)
"""
SHOW = """
import json
from server.submissions.models import Submission
row = Submission.objects.get()
print(json.dumps([row.state, row.given, row.max]))
"""


class Production:
    """The started compose project."""

    files = ("-f", ROOT / "deploy" / "compose.yaml", "-f", ROOT / "tests" / "support" / "production" / "standins.yaml")

    def __init__(self, folder: Path) -> None:
        self.ports = {"CHAINRULE_HTTP_PORT": str(free_port()), "CHAINRULE_HTTPS_PORT": str(free_port())}
        socket = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
        self.env = (
            os.environ
            | self.ports
            | {
                "COMPOSE_PROJECT_NAME": f"chainrule{os.getpid()}",
                "CHAINRULE_HOST": HOST,
                "CHAINRULE_TLS": "internal",
                "CHAINRULE_SECRETS": str(folder / "secrets"),
                "CHAINRULE_ENGINE_SOCKET": socket,
                "CHAINRULE_ENGINE_GROUP": str(Path(socket).stat().st_gid),
                "CHAINRULE_CPU_WORKERS": "1",
            }
        )

    def compose(self, *words, given=None, check=True):
        command = [find("docker-compose"), "--ansi", "never", *self.files, *words]
        done = subprocess.run(command, env=self.env, input=given, capture_output=True, check=False)
        assert not check or done.returncode == 0, done.stderr.decode()[-2000:]
        return done

    def upgrade(self):
        """Run the operator's upgrade script."""
        words = [find("docker-compose"), "--ansi", "never", *self.files]
        env = self.env | {"COMPOSE": " ".join(map(str, words))}
        done = subprocess.run([ROOT / "deploy" / "upgrade"], env=env, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()[-2000:]

    def take_next_version(self):
        """Tag the images with a second name: the version to upgrade to."""
        self.env["CHAINRULE_VERSION"] = version = self.env["COMPOSE_PROJECT_NAME"]
        with closing(docker.from_env()) as client:
            for name in OURS:
                client.images.get(f"chainrule-{name}:latest").tag(f"chainrule-{name}", version)

    def forget_next_version(self):
        with closing(docker.from_env()) as client:
            for name in OURS:
                with suppress(ImageNotFound):
                    client.images.remove(f"chainrule-{name}:{self.env['COMPOSE_PROJECT_NAME']}")

    def inside(self, service, *command, **options):
        # After an upgrade the number of the website's container is no longer 1, the default of `exec`.
        number = self.state(service)["Config"]["Labels"]["com.docker.compose.container-number"]
        return self.compose("exec", "-T", "--index", number, service, *command, **options)

    def python(self, service, script, **options):
        return self.inside(service, "python3", "-c", script, **options)

    def manage(self, script):
        done = self.inside("web", "python3", "manage.py", "shell", "--no-imports", "-c", script)
        return done.stdout.decode().strip().splitlines()[-1]

    def result(self):
        """The submission's state, points and maximum points."""
        return json.loads(self.manage(SHOW))

    def state(self, service):
        with closing(docker.from_env()) as client:
            return client.api.inspect_container(self.compose("ps", "-q", service).stdout.decode().split()[0])

    def request(self, path, *, secure=True, headers=None):
        """Fetch a page as a visitor does, and check the certificate; the response."""
        if secure:
            connection = Visit(int(self.ports["CHAINRULE_HTTPS_PORT"]), self.trust())
        else:
            connection = HTTPConnection("127.0.0.1", int(self.ports["CHAINRULE_HTTP_PORT"]), timeout=60)
        connection.request("GET", path, headers={"Host": HOST} | (headers or {}))
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer

    def trust(self):
        if not hasattr(self, "_trust"):
            certificate = self.inside("proxy", "cat", "/data/caddy/pki/authorities/local/root.crt").stdout.decode()
            self._trust = ssl.create_default_context(cadata=certificate)
        return self._trust


class Visit(HTTPSConnection):
    """A connection to the proxy under the website's name."""

    def __init__(self, port, trust):
        super().__init__("127.0.0.1", port, context=trust, timeout=60)

    def connect(self):
        HTTPConnection.connect(self)
        self.sock = self._context.wrap_socket(self.sock, server_hostname=HOST)


@pytest.fixture(scope="module")
def production(tmp_path_factory):
    images.build(proxy_base=standins.build())
    folder = tmp_path_factory.mktemp("production")
    subprocess.run([ROOT / "deploy" / "make-secrets", folder / "secrets"], check=True)
    production = Production(folder)
    try:
        production.compose("up", "-d")
        wait_until(lambda: all(health_of(production, service) == "healthy" for service in SERVICES), seconds=180)
        yield production
    finally:
        (folder / "logs").write_bytes(production.compose("logs", "--no-color", check=False).stdout)
        production.compose("down", "--volumes", "--timeout", "5", check=False)
        production.forget_next_version()


def health_of(production, service):
    return production.state(service)["State"]["Health"]["Status"]


def wait_until(holds, *, seconds):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "took too long"
        time.sleep(0.5)


def test_visitors_are_redirected_to_tls(production):
    page = production.request("/accounts/login/")
    plain = production.request("/accounts/login/", secure=False)

    assert page.status == 200
    assert page.headers["Strict-Transport-Security"]
    assert plain.status == 308
    assert plain.headers["Location"] == f"https://{HOST}/accounts/login/"


def test_static_files_are_served_as_immutable(production):
    found = production.inside("web", "find", "/srv/static", "-name", "main.*.js").stdout.decode().split()
    answer = production.request(f"/static/{found[0].removeprefix('/srv/static/')}")

    assert answer.status == 200
    assert "immutable" in answer.headers["Cache-Control"]


def test_a_submission_is_graded_saved_wiped_and_restored(production):
    production.manage(SUBMIT)
    wait_until(lambda: production.result() == ["graded", 10, 10], seconds=90)

    dump = production.inside("postgres", "sh", "/chainrule/backup").stdout
    production.inside("postgres", "psql", "-qc", "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    production.compose("stop", "web", "records")
    production.inside("postgres", "sh", "/chainrule/restore", given=dump)
    production.compose("up", "-d")

    wait_until(lambda: health_of(production, "web") == "healthy", seconds=90)
    assert production.result() == ["graded", 10, 10]


def test_an_upgrade_refuses_no_visitor(production):
    before = {service: production.state(service)["Id"] for service in ("web", "records", "grading-cpu")}
    production.take_next_version()
    statuses, over = [], threading.Event()

    def visit():
        while not over.is_set():
            statuses.append(production.request("/accounts/login/").status)

    visitors = [threading.Thread(target=visit) for _ in range(2)]
    production.trust()
    for visitor in visitors:
        visitor.start()
    try:
        production.upgrade()
        enough = len(statuses) + 5
        wait_until(lambda: len(statuses) > enough, seconds=60)
    finally:
        over.set()
        for visitor in visitors:
            visitor.join()

    assert set(statuses) == {200}
    for service, container in before.items():
        assert production.state(service)["Id"] != container


REACH = """
import socket, sys
for target in {targets}:
    try:
        socket.create_connection(target, timeout=2).close()
        print(target[0], "yes")
    except OSError:
        print(target[0], "no")
"""


def test_a_grading_worker_reaches_redis_and_nothing_else(production):
    targets = [("redis", 6379), ("postgres", 5432), ("web", 8000), ("proxy", 8443), ("192.0.2.1", 443)]
    script = REACH.format(targets=targets)
    lines = production.python("grading-cpu", script).stdout.decode().splitlines()

    assert lines[0] == "redis yes"
    assert [line for line in lines[1:] if not line.endswith(" no")] == []


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_no_service_is_root_or_writes_to_its_image(production, service):
    script = "cat /proc/1/status; touch /usr/mine 2>&1 || true"
    output = production.inside(service, "sh", "-c", script).stdout.decode()

    assert re.search(r"^Uid:\s+[1-9]", output, re.MULTILINE)
    assert re.search(r"^CapBnd:\s+0+$", output, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s+1$", output, re.MULTILINE)
    assert "Read-only file system" in output


def test_only_the_grading_worker_has_its_one_secret(production):
    held = {
        service: set(production.inside(service, "ls", "/run/secrets").stdout.decode().split())
        for service in SERVICES - {"proxy"}
    }

    assert held.pop("grading-cpu") == {"redis_grading_url"}
    assert "redis_grading_url" not in set().union(*held.values())
