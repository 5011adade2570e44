"""A whole Chainrule whose parts can be killed and paused under load, and the checks of what must hold afterwards.

Every accepted submission is graded once, with the score that it gets on an undisturbed system, and no operator acts.
"""

import json
import re
import secrets
import subprocess
import urllib.error
import urllib.request
from collections import Counter
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import psycopg

from deploy.dev import services
from deploy.dev.processes import free_port, terminate_all
from tests.chaos.network import NetworkLink
from tests.chaos.parts import Part, until
from tests.chaos.samples import samples
from tests.support.system import answers, base_settings, grader_command, manage, records_command, website_command

ROWS = """
SELECT id::text, state, given, max, tries, failures, number, learner_id, assignment_id,
       extract(epoch FROM finished_at)::float, extract(epoch FROM submitted_at)::float
FROM submissions_submission
"""
OPEN = ("queued", "running")
SETTLE_SECONDS = 240
# These take seconds to stop. A website stops at once, but ignores a request to stop while it is starting.
WORKERS = {"grading", "other", "records"}


@dataclass(frozen=True)
class Row:
    """A submission in the database."""

    id: str
    state: str
    given: float | None
    max: float | None
    tries: int
    failures: int
    number: int
    learner: int
    assignment: int
    finished: float | None
    submitted: float

    @property
    def result(self):
        return (self.state, self.given, self.max)


@dataclass
class Stage:
    """The parts, and the accepted submissions: the name of each one's sample, by id."""

    folder: Path
    port: int
    database: str
    env: dict[str, str]
    parts: dict[str, Part]
    link: NetworkLink | None = None
    accepted: dict[str, str] = field(default_factory=dict)
    expected: dict[str, tuple] = field(default_factory=dict)
    _learners: object = field(default_factory=count)
    _token: str = ""
    _assignments: dict[str, int] = field(default_factory=dict)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def manage(self, *words):
        done = manage(self.env, *words)
        done.check_returncode()
        return done.stdout

    def restart_dead_parts(self):
        for part in self.parts.values():
            part.restart_if_dead()

    def until(self, ready, *, name, seconds=SETTLE_SECONDS):
        until(ready, parts=self.parts.values(), name=name, seconds=seconds)

    # What an LMS does

    def submit(self, sample):
        """Submit a sample for the next learner. Retry with the same key until it is accepted, as an LMS does."""
        body = {
            "assignment": self._assignment(sample.exercise),
            "user": {"external_id": f"student{1 + next(self._learners) % 60}"},
            "source": sample.source,
        }
        key = secrets.token_hex(16)
        id = self._accept(body, key)
        self.accepted[id] = sample.name
        return id

    def _accept(self, body, key):
        answered = []
        self.until(lambda: answered.extend(self._post(body, key)) or bool(answered), name="an accepted submission")
        return answered[0]

    def _post(self, body, key):
        status, answer = self._ask("/submissions", body, key)
        if status in (200, 201, 202):
            return [answer["id"]]
        # Without a response, or if the server failed, the LMS retries.
        assert status is None or status >= 500 or status in (409, 429), (status, answer)
        return []

    def _ask(self, path, body=None, key=""):
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", "Idempotency-Key": key}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=8) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except (OSError, HTTPException):  # the website was down, or died during the response
            return None, None

    def _assignment(self, slug):
        if slug not in self._assignments:
            _, answer = self._ask(f"/assignments?exercise={slug}")
            self._assignments[slug] = answer["items"][0]["id"]
        return self._assignments[slug]

    def under_load(self):
        """Several machines submit all the time while the block runs; one machine has enough to do."""
        return nullcontext()

    # What the database has

    def rows(self):
        """Every submission by its id; empty while the database is down."""
        try:
            with self._connected() as connection:
                return {row.id: row for row in (Row(*values) for values in connection.execute(ROWS))}
        except psycopg.OperationalError:
            return {}

    def _connected(self):
        return psycopg.connect(self.database, connect_timeout=5)

    def open(self):
        return {id for id, row in self.rows().items() if row.state in OPEN}

    def all_graded(self):
        rows = self.rows()
        return rows.keys() >= self.accepted.keys() and all(row.state not in OPEN for row in rows.values())

    def settle(self, seconds=SETTLE_SECONDS):
        """Wait until every submission is graded; the time at which the last one was."""
        self.until(self.all_graded, name="every submission graded", seconds=seconds)
        return max(row.finished for row in self.rows().values())

    def record_expected(self):
        """Submit every sample on the undisturbed system and keep its result. Solutions get full marks."""
        for sample in samples():
            self.submit(sample)
        self.settle()
        rows = self.rows()
        self.expected = {name: rows[id].result for id, name in self.accepted.items()}
        assert all(
            result == ("graded", result[2], result[2]) for name, result in self.expected.items() if "solution" in name
        ), self.expected

    def wrongs(self):
        """Every violation as a sentence: lost, doubled or wrong submissions, and attempts wrongly used."""
        rows = self.rows()
        recorded = Counter(
            re.findall(r"recorded .*?submission=(?:\x1b\[\S+?m)*([0-9a-f-]{36})", self.parts["records"].logs())
        )
        found = [f"{id} ({name}) is lost" for id, name in self.accepted.items() if id not in rows]
        found += [f"{id} was never accepted, but exists" for id in rows.keys() - self.accepted.keys()]
        for id, row in rows.items():
            name = self.accepted.get(id)
            if name in self.expected and row.result != self.expected[name]:
                found.append(f"{id} ({name}) got {row.result}, not {self.expected[name]}")
            # The worker logs after the commit: if it is killed in between, the score has no line.
            if recorded[id] > 1:
                found.append(f"{id} ({name}) was recorded {recorded[id]} times")
        numbers = Counter((row.learner, row.assignment, row.number) for row in rows.values())
        most = Counter((row.learner, row.assignment) for row in rows.values())
        found += [f"number {key} was given {times} times" for key, times in numbers.items() if times > 1]
        found += [f"learner {key[0]} lacks number {key}" for key in numbers if key[2] > most[key[:2]]]
        return found


@contextmanager
def stage(folder, *, persistent_queue=False, network=False, engine=None, env=None):
    """Run a whole Chainrule for a load test. `engine` is a part that runs a Docker engine of its own.

    Two grading workers have one sandbox each. Faults hit `grading`; `other` goes on. With `persistent_queue` Redis
    keeps an append-only file. With `network` the worker `grading` is behind a link that can be cut.
    """
    data = Path(mkdtemp(prefix="chainrule-faults-"))
    user = services.owner_of_postgres(data)
    services.initialise(data, "faults", user=user)
    ports = {name: free_port() for name in ("redis", "postgres", "web")}
    link = NetworkLink() if network else None
    database_url = f"postgres://chainrule:faults@127.0.0.1:{ports['postgres']}/postgres"
    settings = (
        base_settings(folder, database_url)
        | {
            "REDIS_URL": f"redis://127.0.0.1:{ports['redis']}/0",
            "CHAINRULE_SANDBOX": "docker",
            "CHAINRULE_API_REQUESTS_PER_MINUTE": "1000000",
            "PYTHONUNBUFFERED": "1",
        }
        | (env or {})
    )
    redis = services.redis_command(ports["redis"], kept_in=folder if persistent_queue else None)
    other, grading = grader_command(name="other"), grader_command(name="grading")
    grading_env = settings
    if link:
        redis = link.listening(redis)
        grading = link.inside(grading)
        grading_env = settings | {"REDIS_URL": f"redis://{link.outside}:{ports['redis']}/0"}
    parts = {
        "postgres": Part(
            "postgres", services.postgres_command(data, ports["postgres"], may_be_killed=True), folder=folder, user=user
        ),
        "redis": Part("redis", redis, folder=folder),
        "web": Part("web", website_command(ports["web"], workers=1), folder=folder, env=settings),
        "records": Part("records", records_command(), folder=folder, env=settings),
        "other": Part("other", other, folder=folder, env=settings),
        "grading": Part("grading", grading, folder=folder, env=grading_env),
    }
    if engine is not None:
        parts = {"engine": engine} | parts
    it = Stage(
        folder=folder, port=ports["web"], database=settings["DATABASE_URL"], env=settings, parts=parts, link=link
    )
    try:
        if link:
            link.create()
        _start(it, ports)
        yield it
    finally:
        started = [part for part in reversed(parts.values()) if part.process is not None]
        terminate_all(part.process for part in started if part.name in WORKERS)
        for part in started:
            part.stop()
        if link:
            link.remove()
        subprocess.run(["rm", "-rf", data], check=True)


def _start(it, ports):
    ready = {
        "postgres": lambda: services.is_ready(ports["postgres"]),
        "redis": lambda: services.pongs(ports["redis"]),
    }
    for name, is_ready in ready.items():
        it.parts[name].start()
        until(is_ready, parts=[it.parts[name]], name=name, seconds=60)
    it.manage("demo", "--migrate")
    scopes = ("--scope", "submissions:write", "--scope", "submissions:read")
    it._token = it.manage("apitoken", "faults", "--course", "autograd-demo", *scopes).strip()
    for part in it.parts.values():
        if part.process is None:
            part.start()
    it.until(lambda: answers(it.url), name="the website", seconds=60)
    it.record_expected()
