"""A whole Chainrule of its own, whose parts can be killed and stopped under a load, and what must be true afterwards.

Every submission that was accepted is graded once, with the score that it gets where nothing is disturbed, and nobody
has to lend a hand.
"""

import json
import re
import secrets
import subprocess
import urllib.error
import urllib.request
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import psycopg

from deploy.dev import services
from deploy.dev.processes import free_port, terminate_all
from tests.chaos.network import Lane
from tests.chaos.parts import Part, until
from tests.chaos.samples import samples
from tests.support.system import answers, base_settings, grader_command, manage, records_command, website_command

ROWS = """
SELECT id::text, state, given, max, tries, failures, number, learner_id, assignment_id,
       extract(epoch FROM finished_at)::float, extract(epoch FROM submitted_at)::float
FROM submissions_submission
"""
OPEN = ("queued", "running")
PATIENCE = 240
# These take seconds to stop. A website takes none, but forgets that it was asked where it was only just starting.
WORKERS = {"grading", "other", "records"}


@dataclass(frozen=True)
class Row:
    """What the database says of a submission."""

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
    """The parts, and what was handed in: by the id of each accepted submission the name of its sample."""

    folder: Path
    port: int
    database: str
    env: dict[str, str]
    parts: dict[str, Part]
    lane: Lane | None = None
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

    def tend(self):
        for part in self.parts.values():
            part.tend()

    def until(self, ready, *, name, seconds=PATIENCE):
        until(ready, parts=self.parts.values(), name=name, seconds=seconds)

    # What a learner's software does

    def hand_in(self, sample):
        """Hand a sample in as the next learner, and again with the same key until it is accepted, as an LMS does it."""
        body = {
            "assignment": self._assignment(sample.exercise),
            "user": {"external_id": f"student{1 + next(self._learners) % 60}"},
            "source": sample.source,
        }
        key = secrets.token_hex(16)
        answered = []
        self.until(lambda: answered.extend(self._post(body, key)) or bool(answered), name="an accepted submission")
        self.accepted[answered[0]] = sample.name
        return answered[0]

    def _post(self, body, key):
        status, answer = self._ask("/submissions", body, key)
        if status in (200, 201, 202):
            return [answer["id"]]
        # Without an answer, or with one that says that it is our fault, one asks again.
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
        except (OSError, HTTPException):  # it was not there, or died before it had said all
            return None, None

    def _assignment(self, slug):
        if slug not in self._assignments:
            _, answer = self._ask(f"/assignments?exercise={slug}")
            self._assignments[slug] = answer["items"][0]["id"]
        return self._assignments[slug]

    # What is true

    def rows(self):
        """Every submission by its id; empty while there is no database."""
        try:
            with psycopg.connect(self.database, connect_timeout=5) as connection:
                return {row.id: row for row in (Row(*values) for values in connection.execute(ROWS))}
        except psycopg.OperationalError:
            return {}

    def open(self):
        return {id for id, row in self.rows().items() if row.state in OPEN}

    def all_graded(self):
        rows = self.rows()
        return rows.keys() >= self.accepted.keys() and all(row.state not in OPEN for row in rows.values())

    def settle(self, seconds=PATIENCE):
        """Wait until every submission is over; the last moment at which one of them was."""
        self.until(self.all_graded, name="every submission graded", seconds=seconds)
        return max(row.finished for row in self.rows().values())

    def learn_what_is_right(self):
        """Hand every sample in while nothing is disturbed, and keep what each gets; solutions get everything."""
        for sample in samples():
            self.hand_in(sample)
        self.settle()
        rows = self.rows()
        self.expected = {name: rows[id].result for id, name in self.accepted.items()}
        assert all(
            result == ("graded", result[2], result[2]) for name, result in self.expected.items() if "solution" in name
        ), self.expected

    def wrongs(self):
        """Say what is not as it must be: lost, doubled, wrong, an attempt wrongly used."""
        rows = self.rows()
        written = Counter(
            re.findall(r"recorded .*?submission=(?:\x1b\[\S+?m)*([0-9a-f-]{36})", self.parts["records"].logs())
        )
        found = [f"{id} ({name}) is lost" for id, name in self.accepted.items() if id not in rows]
        found += [f"{id} was never accepted, and is there" for id in rows.keys() - self.accepted.keys()]
        for id, row in rows.items():
            name = self.accepted.get(id)
            if name in self.expected and row.result != self.expected[name]:
                found.append(f"{id} ({name}) got {row.result}, not {self.expected[name]}")
            # The line is written after the commit: who is killed in between leaves a score without one.
            if written[id] > 1:
                found.append(f"{id} ({name}) was written down {written[id]} times")
        numbers = Counter((row.learner, row.assignment, row.number) for row in rows.values())
        most = Counter((row.learner, row.assignment) for row in rows.values())
        found += [f"number {key} was given {times} times" for key, times in numbers.items() if times > 1]
        found += [f"learner {key[0]} lacks number {key}" for key in numbers if key[2] > most[key[:2]]]
        return found


@contextmanager
def stage(folder, *, kept_queue=False, network=False, engine=None, env=None):
    """Run a whole Chainrule with a load's worth of settings; `engine` is a part that runs a Docker engine of its own.

    Two grading workers have one sandbox each: what strikes `grading`, `other` is spared. `kept_queue` has Redis keep an
    append-only file; `network` puts `grading` behind a cable.
    """
    data = Path(mkdtemp(prefix="chainrule-faults-"))
    user = services.owner_of_postgres(data)
    services.initialise(data, "faults", user=user)
    ports = {name: free_port() for name in ("redis", "postgres", "web")}
    lane = Lane() if network else None
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
    redis = services.redis_command(ports["redis"], kept_in=folder if kept_queue else None)
    here, there = grader_command(name="other"), grader_command(name="grading")
    env_there = settings
    if lane:
        redis = lane.also_listens(redis)
        there = lane.behind(there)
        env_there = settings | {"REDIS_URL": f"redis://{lane.here}:{ports['redis']}/0"}
    parts = {
        "postgres": Part(
            "postgres", services.postgres_command(data, ports["postgres"], may_be_killed=True), folder=folder, user=user
        ),
        "redis": Part("redis", redis, folder=folder),
        "web": Part("web", website_command(ports["web"], workers=1), folder=folder, env=settings),
        "records": Part("records", records_command(), folder=folder, env=settings),
        "other": Part("other", here, folder=folder, env=settings),
        "grading": Part("grading", there, folder=folder, env=env_there),
    }
    if engine is not None:
        parts = {"engine": engine} | parts
    it = Stage(
        folder=folder, port=ports["web"], database=settings["DATABASE_URL"], env=settings, parts=parts, lane=lane
    )
    try:
        if lane:
            lane.lay()
        _start(it, ports)
        yield it
    finally:
        started = [part for part in reversed(parts.values()) if part.process is not None]
        terminate_all(part.process for part in started if part.name in WORKERS)
        for part in started:
            part.stop()
        if lane:
            lane.take_away()
        subprocess.run(["rm", "-rf", data], check=True)


def _start(it, ports):
    ready = {
        "postgres": lambda: services.is_ready(ports["postgres"]),
        "redis": lambda: services.pongs(ports["redis"]),
    }
    for name, is_ready in ready.items():
        it.parts[name].start()
        until(is_ready, parts=[it.parts[name]], name=name, seconds=60)
    it.manage("migrate", "--verbosity", "0")
    it.manage("demo")
    scopes = ("--scope", "submissions:write", "--scope", "submissions:read")
    it._token = it.manage("apitoken", "faults", "--course", "autograd-demo", *scopes).strip()
    for part in it.parts.values():
        if part.process is None:
            part.start()
    it.until(lambda: answers(it.url), name="the website", seconds=60)
    it.learn_what_is_right()
