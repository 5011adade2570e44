"""What operators see of a running system: one id in everybody's logs, numbers that are true, a worker that steps aside.

One system for all: its website in two processes, its grader on an engine that the tests can take away.
"""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from contextlib import closing, contextmanager, suppress

import docker
import psutil
import pytest
from docker.errors import APIError
from prometheus_client.parser import text_string_to_metric_families

from deploy.setup.processes import free_port, running, wait_until
from grader import health
from grader.packages.catalogue import find_package
from grader.sandboxes.orphans import OWNER, SANDBOX
from tests.engines import Engine
from tests.server.integration.test_whole_flow import SUBMIT, python, show
from tests.system import BIN, whole_system

pytestmark = [pytest.mark.slow, pytest.mark.docker, pytest.mark.redis]

SLUG = "derivatives/sin"
HUSH = {name: f"hush-{name}" for name in ("metrics", "password", "id-token", "reset-key", "source", "basic", "code")}
RECORDS_PORT = free_port()
GRADING_PORT = next(port for port in iter(free_port, None) if port != RECORDS_PORT)
TOKEN = """
from server.submissions.models import Submission
print(Submission.objects.get(pk="{}").token)
"""
WORKERS = """
from server.dashboard.selectors.workers import workers
print([(one.name, one.queues, bool(one.out)) for one in workers()])
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    env = {
        "CHAINRULE_LOGS": "json",
        "CHAINRULE_METRICS_TOKEN": HUSH["metrics"],
        "CHAINRULE_METRICS_PORT": str(RECORDS_PORT),
        "GRANIAN_WORKERS": "2",
    }
    with whole_system(tmp_path_factory.mktemp("observed"), env=env) as system:
        yield system


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    engine = Engine(tmp_path_factory.mktemp("engine"))
    engine.live()
    yield engine
    engine.die()
    with closing(docker.from_env()) as api:  # what it left while it was away
        for container in api.containers.list(all=True, filters={"label": SANDBOX}):
            pid = container.labels[OWNER].split(":")[1]
            if not psutil.pid_exists(int(pid)):
                with suppress(APIError):  # somebody else may tidy up, too
                    container.remove(force=True)


@contextmanager
def grader(system, name, **env):
    """Run a grading worker in Docker, with a file for health checks."""
    file, log = system.folder / f"{name}.health", system.folder / f"{name}.log"
    command = [BIN / "celery", "-A", "grader.worker", "worker", "-Q", "grading.cpu", "--concurrency", "1", "-n", name]
    own = {"CHAINRULE_SANDBOX": "docker", health.VARIABLE: str(file), "CHAINRULE_PROBE_SECONDS": "1"}
    with running(f"the grader {name}", command, log=log, env=system.env | own | env) as process:

        def until(ready, what, seconds=60):
            wait_until(ready, name=what, process=process, log=log, seconds=seconds)

        until(lambda: not health.trouble(file), "the grader")
        process.until, process.taking = until, lambda: not health.trouble(file, taking=True)
        yield process


@pytest.fixture(scope="module")
def worker(system, engine):
    with grader(system, "first", DOCKER_HOST=engine.host, CHAINRULE_METRICS_PORT=str(GRADING_PORT)) as process:
        yield process


def ask(url, *, data=None, **headers):
    """(Status, body) of a request; redirects are not followed."""
    request = urllib.request.Request(url, data=data, headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=120) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def form(**values):
    return urllib.parse.urlencode(values).encode()


def api_token(system):
    words = ["--course", "autograd-demo", "--scope", "submissions:write", "--scope", "grades:read"]
    done = system.manage("apitoken", "observer", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


def submit(system, token, request_id):
    """Hand in a right answer by the API and wait for its score; the submission's id."""
    headers = {"Authorization": f"Bearer {token}", "X-Request-ID": request_id}
    _, found = ask(f"{system.url}/api/v1/assignments?exercise={SLUG}", **headers)
    source = find_package(SLUG).solution + f"# {HUSH['source']}\n"
    body = {"assignment": json.loads(found)["items"][0]["id"], "user": {"external_id": "student3"}, "source": source}
    more = {"Content-Type": "application/json", "Idempotency-Key": request_id, "Prefer": "wait=10"}
    status, answer = ask(f"{system.url}/api/v1/submissions", data=json.dumps(body).encode(), **headers, **more)
    assert status == 201, answer
    return json.loads(answer)["id"]


def lines(system, name):
    return [json.loads(line) for line in (system.folder / name).read_text().splitlines() if line.startswith("{")]


def of(request_id, entries):
    return {entry["event"]: entry for entry in entries if entry.get("request_id") == request_id}


def numbers(url, **headers):
    """{(name, labels as a sorted tuple): value} of what is told at an address."""
    status, text = ask(url, **headers)
    assert status == 200, text
    families = text_string_to_metric_families(text)
    return {(s.name, *sorted(s.labels.items())): s.value for family in families for s in family.samples}


def website_numbers(system):
    return numbers(f"{system.url}/metrics", Authorization=f"Bearer {HUSH['metrics']}")


def test_one_id_leads_from_the_request_to_the_container(system, worker):
    submission = submit(system, api_token(system), "trace-1")
    worker.until(lambda: "recorded" in of("trace-1", lines(system, "records.log")), "the record's line")

    web, grading, records = (of("trace-1", lines(system, f"{name}.log")) for name in ("web", "first", "records"))

    assert web["submitted"]["submission"] == submission
    assert (web["request"]["view"], web["request"]["status"]) == ("api:submit", 201)
    assert grading["graded"]["submission"] == grading["sandbox_taken"]["submission"] == submission
    assert grading["graded"]["task_id"] == submission
    assert records["recorded"]["submission"] == submission
    with closing(docker.from_env()) as api:
        container = api.containers.get(grading["sandbox_taken"]["sandbox"].removeprefix("container "))
        owner = int(container.labels[OWNER].split(":")[1])
    assert owner in {child.pid for child in psutil.Process(worker.pid).children()}


def test_no_secret_gets_into_a_log(system, worker):
    token = api_token(system)
    submission = submit(system, token, "trace-2")
    for path, data, headers in (
        ("/accounts/login/", form(login="student1", password=HUSH["password"]), {}),
        ("/accounts/signup/", form(username="x", password1=HUSH["password"], password2=HUSH["password"]), {}),
        (f"/accounts/password/reset/key/1-{HUSH['reset-key']}/", None, {}),
        (f"/join/{HUSH['code']}/?token={HUSH['code']}", None, {"Cookie": f"sessionid={HUSH['code']}"}),
        ("/lti/launch/", form(id_token=HUSH["id-token"], state=HUSH["id-token"]), {"Sec-Fetch-Site": "cross-site"}),
        ("/metrics", None, {"Authorization": f"Bearer {HUSH['basic']}"}),
        ("/api/v1/courses", None, {"Authorization": f"Basic {HUSH['basic']}"}),
        (f"/api/v1/courses?access_token={HUSH['basic']}", None, {}),
        ("/readyz", None, {"Host": "elsewhere.example.org"}),
        (f"/nothing/{HUSH['code']}", None, {"Host": HUSH["code"]}),
    ):
        ask(system.url + path, data=data, **headers)

    key, own = (system.folder / "secret_key").read_text(), python(system, TOKEN.format(submission))
    logs = {path.name: path.read_text() for path in system.folder.glob("*.log")}
    written = [
        (name, secret) for name, text in logs.items() for secret in (*HUSH.values(), token, key, own) if secret in text
    ]

    assert written == []
    assert "trace-2" in logs["web.log"]


def test_the_numbers_of_a_real_run_are_told_by_whoever_knows_them(system, worker):
    before = website_numbers(system)
    submit(system, api_token(system), "trace-3")

    web = website_numbers(system)
    records, grading = (numbers(f"http://127.0.0.1:{port}/metrics") for port in (RECORDS_PORT, GRADING_PORT))

    answered = ("chainrule_requests_total", ("method", "POST"), ("status", "201"), ("view", "api:submit"))
    assert web[answered] == before.get(answered, 0) + 1
    assert web[("chainrule_queue_age_seconds", ("runtime", "cpu"))] == 0
    assert web[("chainrule_up", ("part", "broker"))] == web[("chainrule_up", ("part", "database"))] == 1
    outcome = (("outcome", "graded"), ("runtime", "cpu"))
    assert records[("chainrule_reports_total", *outcome)] >= 1
    assert records[("chainrule_submit_to_score_seconds_count", ("runtime", "cpu"))] >= 1
    assert grading[("chainrule_graded_total", *outcome)] == records[("chainrule_reports_total", *outcome)]
    phases = {labels[0][1] for name, *labels in grading if name == "chainrule_grade_seconds_count"}
    assert phases == {"prepare", "sandbox", "run", "judge", "explain", "report"}
    assert grading[("chainrule_sandbox_starts_total", ("result", "started"))] >= 1
    assert grading[("chainrule_worker_out",)] == 0


def test_a_worker_whose_engine_dies_leaves_its_jobs_to_others_and_comes_back(system, worker, engine):
    worker.until(worker.taking, "a worker that takes jobs")

    engine.die()
    try:
        submission = python(system, SUBMIT)
        worker.until(lambda: not worker.taking(), "a worker that is out")

        # It is said where it is looked for, and the job lies in the queue, with no try of it used up.
        assert python(system, WORKERS) == "[('first', [], True)]"
        assert numbers(f"http://127.0.0.1:{GRADING_PORT}/metrics")[("chainrule_worker_out",)] == 1
        told = website_numbers(system)
        assert told[("chainrule_queue_length", ("queue", "grading.cpu"))] == 1
        assert told[("chainrule_queue_age_seconds", ("runtime", "cpu"))] > 0
        assert show(system, submission)[:4] == ["queued", None, None, 1]

        with grader(system, "second") as other:
            other.until(lambda: show(system, submission)[0] == "graded", "the score")
        assert show(system, submission) == ["graded", 10, 10, 1, True]
    finally:
        engine.live()

    worker.until(worker.taking, "a worker that is back")
    again = python(system, SUBMIT)
    worker.until(lambda: show(system, again)[0] == "graded", "the score")
    assert [
        entry["event"] for entry in lines(system, "first.log") if re.fullmatch("worker_(out|back)", entry["event"])
    ] == [
        "worker_out",
        "worker_back",
    ]
