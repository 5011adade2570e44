"""Chainrule on several machines: hosts on a network of their own, each with the processes of production.

Two websites behind the proxy, a records worker, PostgreSQL, Redis by TLS with production's accounts, and three graders,
each on a host with an address of its own (`tests.chaos.hosts`). A client on one more host submits, and receives
webhooks. Needs root.
"""

import json
import os
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import redis

from deploy.dev import services
from deploy.dev.base import ROOT
from deploy.dev.debian import find
from deploy.dev.processes import terminate_all
from tests.chaos.hosts import Network
from tests.chaos.parts import Part, until
from tests.chaos.samples import quick_samples, samples
from tests.support.stage import SETTLE_SECONDS, Stage
from tests.support.system import grader_command, records_command, website_command

BIN = Path(sys.executable).parent
NAME = "chainrule.test"
# Production runs `migrate`, which takes longer than a fault.
TABLES = "from server.demo.new_database import prepare_database; prepare_database()"
COURSE = """
from server.accounts.models import User
from server.courses.models import Course, Enrollment, Role
from server.gradebook.models import Assignment
from server.webhooks.models import Endpoint, EventType
course = Course.objects.create(slug="faults", title="Faults")
teacher = User.objects.create(username="teacher")
people = [User(username=f"student{{n}}", external_id=f"student{{n}}") for n in range(1, 61)]
Enrollment.objects.create(course=course, user=teacher, role=Role.INSTRUCTOR)
for person in User.objects.bulk_create(people):
    Enrollment.objects.create(course=course, user=person, role=Role.STUDENT)
for slug in {exercises!r}:
    Assignment.objects.create(course=course, slug=slug, exercise=slug)
Endpoint.objects.create(
    course=course, url="{receiver}", events=[EventType.SUBMISSION_GRADED, EventType.SUBMISSION_UNGRADABLE]
)
"""
GRADES = """
SELECT learner_id, assignment_id, used FROM gradebook_grade
"""
REPORTED = ("graded", "ungradable")
RECEIVER_PORT = 8099
# A little more than a browser waits before its user tries again.
PATIENCE = 15


# What else the machine needs for it.
PROGRAMS = {
    "ip": "iproute2",
    "iptables": "iptables",
    "faketime": "faketime",
    "caddy": "caddy",
    "openssl": "openssl",
    "bwrap": "bubblewrap",
}


class HostPart(Part):
    """A part on a host. While the host is away, nothing starts it again."""

    def __init__(self, name, host, command, **options):
        super().__init__(name, host.inside(command), **options)
        self.host, self.away = host, False

    def restart_if_dead(self):
        if not self.away:
            super().restart_if_dead()


class Receiver(BaseHTTPRequestHandler):
    """A webhook's receiver: counts the deliveries by submission and id."""

    def do_POST(self):
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if event["type"].startswith("submission."):
            self.server.received[event["data"]["submission"]][self.headers["webhook-id"]] += 1
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        """Log no requests."""


class Visit(HTTPSConnection):
    """A connection to the proxy, at its address, under the website's name."""

    def __init__(self, address, trust):
        super().__init__(NAME, 8443, context=trust, timeout=PATIENCE)
        self._address = address

    def connect(self):
        self.host = self._address
        HTTPConnection.connect(self)
        self.host = NAME
        self.sock = self._context.wrap_socket(self.sock, server_hostname=NAME)


@dataclass
class Machines(Stage):
    """The parts on their hosts. `received` has the ids of the webhooks of each submission, and how often each came."""

    network: Network = field(default_factory=Network)
    websites: tuple[str, ...] = ()
    graders: tuple[str, ...] = ()
    received: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))

    def host(self, name):
        return self.network[name]

    def manage(self, *words):
        command = self.host("records").inside([str(BIN / "python"), "manage.py", *words])
        env = os.environ | self.env
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def answers(self, connect, url):
        """Whether a server answers if the client asks it."""
        with self.host("client").entered():
            try:
                connection = connect(url)
                if hasattr(connection, "ping"):
                    connection.ping()
                connection.close()
            except (psycopg.OperationalError, redis.RedisError):
                return False
            return True

    def website_answers(self):
        return self._ask("/assignments?exercise=none")[0] == 200

    # Hosts that vanish

    def vanish(self, name):
        """Take the power from a host."""
        for part in self._on(name):
            part.away = True
        self.host(name).vanish()

    def bring_back(self, name):
        """Start a host again if it vanished, with what its disk has."""
        self.host(name).appear()
        for part in self._on(name):
            part.away = False

    def _on(self, name):
        return [part for part in self.parts.values() if part.host is self.host(name)]

    def set_clock(self, name, seconds):
        """Start the parts of a host again with a clock that is so many seconds fast."""
        for part in self._on(name):
            # Only what time it is: sleeps and timeouts stay right.
            part.env["LD_PRELOAD"] = (
                str(next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))) if seconds else ""
            )
            part.env |= {"FAKETIME": f"{seconds:+d}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
            part.stop()

    # What an LMS does

    @contextmanager
    def under_load(self):
        """Submit from a thread of its own while the block runs, if few submissions are open, so that no queue grows."""
        over = threading.Event()
        thread = threading.Thread(target=self._submit_on, args=(over,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _submit_on(self, over):
        queue = cycle(quick_samples())
        while not over.wait(0.5):
            if len(self.open()) < 4:
                self.submit(next(queue))

    def _accept(self, body, key):
        # Not by `until`: only the main thread starts processes.
        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline:
            if answered := self._post(body, key):
                return answered[0]
            time.sleep(0.2)
        raise AssertionError("no submission was accepted")

    def _ask(self, path, body=None, key=""):
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", "Idempotency-Key": key}
        data = None if body is None else json.dumps(body).encode()
        with self.host("client").entered():
            try:
                visit = Visit(self.host("proxy").address, self._trust())
            except FileNotFoundError:  # the proxy has not signed its certificate yet
                return None, None
            try:
                visit.request("POST" if data else "GET", f"/api/v1{path}", body=data, headers=headers)
                answer = visit.getresponse()
                content = answer.read()
                return answer.status, json.loads(content) if answer.status < 400 else content
            except (OSError, HTTPException):
                return None, None
            finally:
                visit.close()

    def _trust(self):
        authority = self.folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        return ssl.create_default_context(cafile=authority)

    # What the database has

    @contextmanager
    def _connected(self):
        with self.host("client").entered():
            connection = psycopg.connect(self.database, connect_timeout=5)
        with connection:
            yield connection

    def wrongs(self):
        found = super().wrongs()
        rows = self.rows()
        for id, name in self.accepted.items():
            if (times := len(self.received[id])) > 1:
                found.append(f"{id} ({name}) was reported in {times} webhooks")
            if rows[id].state in REPORTED and not self.received[id]:
                found.append(f"{id} ({name}) was reported in no webhook")
        with self._connected() as connection:
            grades = connection.execute(GRADES).fetchall()
        graded = Counter((row.learner, row.assignment) for row in rows.values() if row.state == "graded")
        used = {(learner, assignment): times for learner, assignment, times in grades}
        found += [
            f"grade {key} counts {used.get(key)} of {times} attempts"
            for key, times in graded.items()
            if used.get(key) != times
        ]
        return found

    def all_graded(self):
        return super().all_graded() and all(
            self.received[id] for id, row in self.rows().items() if row.state in REPORTED
        )


@contextmanager
def machines(folder, *, websites=("web1", "web2"), graders=("grading1", "grading2", "grading3"), env=None):
    """Run Chainrule on several machines. `env` adds variables for the websites and the records worker."""
    data = Path(mkdtemp(prefix="chainrule-machines-"))
    network = Network()
    with ExitStack() as stack:
        stack.callback(subprocess.run, ["rm", "-rf", data], check=True)
        stack.callback(network.remove)
        network.create()
        network.add("client", "proxy", *websites, "records", "postgres", "redis", *graders)
        secrets = _secrets(folder, network)
        it = Machines(
            folder=folder,
            port=0,
            database=secrets["database_url"],
            env=_server_settings(folder, network, secrets) | (env or {}),
            parts={},
            network=network,
            websites=websites,
            graders=graders,
        )
        it.parts = _parts(it, data, secrets)
        stack.callback(_stop, it)
        stack.enter_context(_receiver(it))
        _start(it)
        yield it


def _secrets(folder, network):
    """Make the secrets of an installation as an operator does, and a certificate for Redis."""
    subprocess.run([ROOT / "deploy" / "make-secrets", folder / "secrets"], check=True)
    secrets = {file.name: file.read_text() for file in (folder / "secrets").iterdir()}
    names = ",".join(f"IP:{host.address}" for name, host in network.hosts.items() if name.startswith("redis"))
    key, certificate = folder / "redis.key", folder / "redis.crt"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=redis", "-addext", f"subjectAltName={names}"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    key.chmod(0o644)
    for name in ("redis_server_url", "redis_grading_url"):
        url = secrets[name].replace("redis://", "rediss://").replace("@redis:", f"@{network['redis'].address}:")
        secrets[name] = f"{url}?ssl_cert_reqs=required&ssl_ca_certs={certificate}"
    secrets["database_url"] = (
        f"postgres://chainrule:{secrets['postgres_password']}@{network['postgres'].address}:5432/postgres"
    )
    return secrets


def _server_settings(folder, network, secrets):
    return {
        "DJANGO_SETTINGS_MODULE": "server.settings.production",
        "ALLOWED_HOSTS": NAME,
        "CHAINRULE_PUBLIC_URL": f"https://{NAME}",
        "SECRET_KEY": secrets["secret_key"],
        "DATABASE_URL": secrets["database_url"],
        "REDIS_URL": secrets["redis_server_url"],
        "STATIC_ROOT": str(folder / "static"),
        "CHAINRULE_LOGS": "text",
        "CHAINRULE_WEBHOOKS_ALLOW_PRIVATE": "true",
        "CHAINRULE_API_REQUESTS_PER_MINUTE": "1000000",
        "PYTHONUNBUFFERED": "1",
    }


def _parts(it, data, secrets):
    network, folder = it.network, it.folder

    def part(name, command, *, env=None, on=None):
        own = folder / name
        own.mkdir(exist_ok=True)
        return HostPart(
            name, network[on or name], command, folder=folder, env={"CHAINRULE_VAR": str(own)} | (env or {})
        )

    grading = {"REDIS_URL": secrets["redis_grading_url"], "CHAINRULE_SANDBOX": "bubblewrap", "PYTHONUNBUFFERED": "1"}
    made = [
        part("postgres", _postgres(data / "postgres", secrets, network["postgres"])),
        part("redis", _redis(folder, network["redis"])),
        *(part(name, _website(network[name]), env=it.env) for name in it.websites),
        part("records", records_command(), env=it.env),
        *(part(name, grader_command(name=name), env=grading) for name in it.graders),
        part(
            "proxy",
            [find("caddy"), "run", "--config", ROOT / "deploy" / "proxy" / "Caddyfile", "--adapter", "caddyfile"],
            env=_proxy_settings(it),
        ),
    ]
    return {one.name: one for one in made}


def _postgres(folder, secrets, host):
    folder.mkdir(parents=True)
    folder.parent.chmod(0o755)
    user = services.owner_of_postgres(folder)
    services.initialise(folder, secrets["postgres_password"], user=user)
    with (folder / "data" / "pg_hba.conf").open("a") as file:
        file.write("host all all samenet scram-sha-256\nhost replication all samenet scram-sha-256\n")
    return _as_postgres(services.postgres_command(folder, 5432, may_be_killed=True, address=host.address))


def _as_postgres(command):
    return ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", *command]


def _redis(folder, host):
    own = folder / "redis"
    own.mkdir(exist_ok=True)
    options = {
        "--port": "0",
        "--tls-port": "6379",
        "--tls-cert-file": folder / "redis.crt",
        "--tls-key-file": folder / "redis.key",
        "--tls-ca-cert-file": folder / "redis.crt",
        "--tls-auth-clients": "no",
        "--aclfile": folder / "secrets" / "redis_acl",
        "--dir": own,
    }
    words = [str(word) for pair in options.items() for word in pair]
    return [services.redis_program(), ROOT / "deploy" / "redis" / "redis.conf", *words]


def _website(host):
    command = website_command(8000, workers=1)
    return [host.address if word == "127.0.0.1" else word for word in command]


def _proxy_settings(it):
    data = {"XDG_DATA_HOME": str(it.folder), "XDG_CONFIG_HOME": str(it.folder)}
    websites = " ".join(f"{it.host(name).address}:8000" for name in it.websites)
    return {"CHAINRULE_HOST": NAME, "CHAINRULE_TLS": "internal", "CHAINRULE_WEB": websites} | data


@contextmanager
def _receiver(it):
    host = it.host("client")
    with host.entered():
        server = ThreadingHTTPServer((host.address, RECEIVER_PORT), Receiver)
    server.received = it.received
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _start(it):
    for name in ("postgres", "redis"):
        it.parts[name].start()
    url = it.env["REDIS_URL"]
    ready = {
        "postgres": lambda: it.answers(psycopg.connect, it.database),
        "redis": lambda: it.answers(redis.Redis.from_url, url),
    }
    for name, is_ready in ready.items():
        until(is_ready, parts=[it.parts[name]], name=name, seconds=90)
    it.manage("shell", "--no-imports", "-c", TABLES)
    exercises = sorted({sample.exercise for sample in samples()})
    receiver = f"http://{it.host('client').address}:{RECEIVER_PORT}/"
    it.manage("shell", "--no-imports", "-c", COURSE.format(exercises=exercises, receiver=receiver))
    scopes = ("--scope", "submissions:write", "--scope", "submissions:read")
    it._token = it.manage("apitoken", "faults", "--course", "faults", *scopes).strip()
    for part in it.parts.values():
        if part.process is None:
            part.start()
    it.until(it.website_answers, name="the website", seconds=180)
    it.record_expected()


def _stop(it):
    started = [part for part in reversed(it.parts.values()) if part.process is not None]
    terminate_all(
        part.process for part in started if part.name in ("records", *it.graders) and part.process.poll() is None
    )
    for part in started:
        part.stop()
