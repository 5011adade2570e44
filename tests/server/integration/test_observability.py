"""What operators see of a running system: one id in all logs, correct metrics, a worker that stops taking jobs.

All tests share one system: a website in two processes, and a grader whose Docker engine the tests can stop.
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
import redis
from docker.errors import APIError
from prometheus_client.parser import text_string_to_metric_families

from deploy.dev.processes import free_port, is_taken, running, wait_until
from grader.messaging import liveness
from grader.packages.catalogue import find_package
from grader.sandboxes.orphans import OWNER, SANDBOX
from tests.server.integration.test_whole_flow import python, show
from tests.support.engines import DockerProxy
from tests.support.system import BIN, whole_system

pytestmark = [pytest.mark.slow, pytest.mark.docker, pytest.mark.redis]

SLUG = "derivatives/sin"
HUSH = {name: f"hush-{name}" for name in ("metrics", "password", "id-token", "reset-key", "source", "basic", "code")}
RECORDS_PORT, GRADING_PORT = free_port(), free_port()
TOKEN = """
from server.submissions.models import Submission
print(Submission.objects.get(pk="{}").token)
"""
DASHBOARD = """
from django.test import Client
from django.urls import reverse
from server.accounts.models import User
from server.demo.course import SLUG
client = Client(headers={"host": "127.0.0.1"})
client.force_login(User.objects.get(username="instructor"))
print(client.get(reverse("dashboard:workers", args=[SLUG])).text.replace("\\n", " "))
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    env = {
        "CHAINRULE_LOGS": "json",
        "CHAINRULE_METRICS_TOKEN": HUSH["metrics"],
        "CHAINRULE_METRICS_PORT": str(RECORDS_PORT),
        "GRANIAN_WORKERS": "2",
        # Nothing is sent twice, even if the machine is slow.
        "CHAINRULE_GRADING_LEASE": "900",
    }
    folder = tmp_path_factory.mktemp("observed")
    with whole_system(folder, env=env | {liveness.VARIABLE: str(folder / "records.health")}) as system:
        yield system


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    engine = DockerProxy(tmp_path_factory.mktemp("engine"))
    engine.live()
    yield engine
    engine.die()
    # The sandboxes that the worker could not remove while the engine was down.
    remove_sandboxes(lambda owner: not psutil.pid_exists(owner))


def remove_sandboxes(of):
    """Remove the sandboxes whose owner's process id satisfies `of`."""
    with closing(docker.from_env()) as api:
        for container in api.containers.list(all=True, filters={"label": SANDBOX}, ignore_removed=True):
            if of(int(container.labels[OWNER].split(":")[1])):
                with suppress(APIError):  # another process can remove it at the same time
                    container.remove(force=True)


@contextmanager
def grader(system, name, **env):
    """Run a grading worker with Docker and a file for health checks."""
    file, log = system.folder / f"{name}.health", system.folder / f"{name}.log"
    command = [
        BIN / "celery",
        "-A",
        "grader.worker",
        "worker",
        "-Q",
        "grading.cpu",
        "--concurrency",
        "1",
        "-n",
        name,
    ]
    own = {
        "CHAINRULE_SANDBOX": "docker",
        liveness.VARIABLE: str(file),
        "CHAINRULE_PROBE_SECONDS": "1",
        "CHAINRULE_METRICS_PORT": "",
    }
    with running(f"the grader {name}", command, log=log, env=system.env | own | env) as process:

        def until(ready, what, seconds=400):
            wait_until(ready, name=what, process=process, log=log, seconds=seconds)

        until(lambda: not liveness.trouble(file), "the grader")
        process.until, process.taking = until, lambda: not liveness.trouble(file, taking=True)
        yield process


@pytest.fixture(scope="module")
def worker(system, engine):
    with grader(system, "first", DOCKER_HOST=engine.host, CHAINRULE_METRICS_PORT=str(GRADING_PORT)) as process:
        # A worker reports that it is alive before it serves its metrics.
        process.until(lambda: is_taken(GRADING_PORT) and is_taken(RECORDS_PORT), "the metrics of both workers")
        yield process


def ask(url, *, data=None, **headers):
    """(Status, body) of a request. Redirects are not followed."""
    request = urllib.request.Request(url, data=data, headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=120) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Form:
    """Opens a page with a form. Calling it makes the body that the form would send."""

    def __init__(self, system, path):
        with urllib.request.urlopen(system.url + path, timeout=120) as answer:
            self.token = re.search(r"csrftoken=(\w+)", answer.headers["Set-Cookie"])[1]
        self.cookie = {"Cookie": f"csrftoken={self.token}"}

    def __call__(self, **values):
        return form(csrfmiddlewaretoken=self.token, **values)


def form(**values):
    return urllib.parse.urlencode(values).encode()


def api_token(system):
    words = ["--course", "autograd-demo", "--scope", "submissions:write", "--scope", "grades:read"]
    done = system.manage("apitoken", "observer", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


def submit(system, token, request_id):
    """Submit a right answer through the API and return the submission's id."""
    headers = {"Authorization": f"Bearer {token}", "X-Request-ID": request_id}
    _, found = ask(f"{system.url}/api/v1/assignments?exercise={SLUG}", **headers)
    source = find_package(SLUG).solution + f"# {HUSH['source']}\n"
    body = {"assignment": json.loads(found)["items"][0]["id"], "user": {"external_id": "student3"}, "source": source}
    more = {"Content-Type": "application/json", "Idempotency-Key": request_id, "Prefer": "wait=1"}
    status, answer = ask(f"{system.url}/api/v1/submissions", data=json.dumps(body).encode(), **headers, **more)
    assert status in {201, 202}, answer
    return json.loads(answer)["id"]


def graded(system, worker, submission):
    """Wait until the records worker has logged the score."""

    def recorded():
        found = lines(system, "records.log")
        return any(one["event"] == "recorded" and one["submission"] == submission for one in found)

    # On a busy machine a worker's first sandbox takes long to start.
    worker.until(recorded, "the score")
    return submission


def lines(system, name):
    # The last line can be incomplete.
    whole, _, _ = (system.folder / name).read_text().rpartition("\n")
    return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]


def of(request_id, entries):
    return {entry["event"]: entry for entry in entries if entry.get("request_id") == request_id}


def numbers(url, **headers):
    """{(name, labels as a sorted tuple): value} of the metrics at an address."""
    status, text = ask(url, **headers)
    assert status == 200, text
    families = text_string_to_metric_families(text)
    return {(s.name, *sorted(s.labels.items())): s.value for family in families for s in family.samples}


def website_numbers(system):
    return numbers(f"{system.url}/metrics", Authorization=f"Bearer {HUSH['metrics']}")


def test_one_id_leads_from_the_request_to_the_container(system, worker):
    submission = graded(system, worker, submit(system, api_token(system), "trace-1"))
    web, grading, records = (of("trace-1", lines(system, f"{name}.log")) for name in ("web", "first", "records"))

    assert web["submitted"]["submission"] == submission
    assert web["request"]["view"] == "api:create_submission"
    assert grading["graded"]["submission"] == grading["sandbox_taken"]["submission"] == submission
    assert grading["graded"]["task_id"] == submission
    assert records["recorded"]["submission"] == submission
    with closing(docker.from_env()) as api:
        container = api.containers.get(grading["sandbox_taken"]["sandbox"].removeprefix("container "))
        owner = int(container.labels[OWNER].split(":")[1])
    assert owner in {child.pid for child in psutil.Process(worker.pid).children()}


def test_no_secret_gets_into_a_log(system, worker):
    token = api_token(system)
    submission = graded(system, worker, submit(system, token, "trace-2"))
    page = Form(system, "/accounts/login/")
    for path, data, headers in (
        ("/accounts/login/", page(login="student1", password=HUSH["password"]), page.cookie),
        ("/accounts/login/", page(login=HUSH["password"], password="wrong"), page.cookie),
        ("/accounts/password/reset/", page(email="ada@example.org"), page.cookie),
        (f"/accounts/password/reset/key/1-{HUSH['reset-key']}/", None, {}),
        (f"/accounts/password/reset/key/1-{HUSH['reset-key']}/", b"x=1", {}),
        (f"/join/{HUSH['code']}/?token={HUSH['code']}", None, {"Cookie": f"sessionid={HUSH['code']}"}),
        ("/lti/launch/", form(id_token=HUSH["id-token"], state=HUSH["id-token"]), {"Sec-Fetch-Site": "cross-site"}),
        ("/metrics", None, {"Authorization": f"Bearer {HUSH['basic']}"}),
        ("/api/v1/courses", None, {"Authorization": f"Basic {HUSH['basic']}"}),
        (f"/api/v1/courses?access_token={HUSH['basic']}", None, {}),
        (f"/nothing/{HUSH['code']}", None, {}),
    ):
        ask(system.url + path, data=data, **headers)
    views = {entry["view"]: entry["status"] for entry in lines(system, "web.log") if "view" in entry}
    assert views["account_login"] == 200  # the form reached the view that checks the password

    key, own = (system.folder / "secret_key").read_text(), python(system, TOKEN.format(submission))
    logs = {path.name: path.read_text() for path in system.folder.glob("*.log")}
    written = [
        (name, secret) for name, text in logs.items() for secret in (*HUSH.values(), token, key, own) if secret in text
    ]

    assert written == []
    assert "trace-2" in logs["web.log"]


def test_the_metrics_of_a_real_run_are_correct(system, worker):
    before, counted_before = website_numbers(system), reports_counted()
    graded(system, worker, submit(system, api_token(system), "trace-3"))

    web = website_numbers(system)
    records, grading = (numbers(f"http://127.0.0.1:{port}/metrics") for port in (RECORDS_PORT, GRADING_PORT))

    assert liveness.trouble(system.folder / "records.health") == ""
    assert submissions_answered(web) == submissions_answered(before) + 1
    assert web[("chainrule_queue_age_seconds", ("runtime", "cpu"))] == 0
    assert web[("chainrule_up", ("part", "broker"))] == web[("chainrule_up", ("part", "database"))] == 1
    assert records[("chainrule_submit_to_score_seconds_count", ("runtime", "cpu"))] >= 1
    worker.until(lambda: reports_counted() == tuple(count + 1 for count in counted_before), "a report counted by both")
    phases = {labels[0][1] for name, *labels in grading if name == "chainrule_grade_seconds_count"}
    assert phases == {"prepare", "sandbox", "run", "judge", "explain", "report"}
    assert grading[("chainrule_sandbox_starts_total", ("result", "started"))] >= 1
    assert grading[("chainrule_worker_circuit_open",)] == 0


def reports_counted():
    """The reports that the records worker recorded, and those that the grading worker made."""
    outcome = (("outcome", "graded"), ("runtime", "cpu"))
    names = {RECORDS_PORT: "chainrule_reports_total", GRADING_PORT: "chainrule_graded_total"}
    return tuple(numbers(f"http://127.0.0.1:{port}/metrics").get((name, *outcome), 0) for port, name in names.items())


def submissions_answered(exported):
    """How many submissions the website answered, over both its processes."""
    wanted = {("method", "POST"), ("view", "api:create_submission")}
    return sum(exported[key] for key in exported if key[0] == "chainrule_requests_total" and wanted <= set(key[1:]))


def test_a_worker_stops_without_its_engine_and_continues_with_it(system, worker, engine):
    token = api_token(system)
    worker.until(worker.taking, "a worker that takes jobs")

    engine.die()
    # A worker would keep using the sandbox that it has. Most engines remove it when they start again.
    family = {process.pid for process in psutil.Process(worker.pid).children(recursive=True)}
    remove_sandboxes(family.__contains__)
    try:
        submission = submit(system, token, "outage-1")
        worker.until(lambda: not worker.taking(), "a worker that takes no jobs")

        # The dashboard and the metrics show it. The job stays in the queue and no try is counted.
        page = python(system, DASHBOARD)
        assert "No grader can start a sandbox" in page
        assert re.search(r"celery@first</th>.*it cannot start a sandbox", page)
        assert numbers(f"http://127.0.0.1:{GRADING_PORT}/metrics")[("chainrule_worker_circuit_open",)] == 1
        exported = website_numbers(system)
        assert exported[("chainrule_queue_length", ("queue", "grading.cpu"))] == 1
        assert exported[("chainrule_queue_age_seconds", ("runtime", "cpu"))] > 0
        assert show(system, submission)[:4] == ["queued", None, None, 1]

        with grader(system, "second") as other:
            graded(system, other, submission)
        assert show(system, submission) == ["graded", 10, 10, 1, True]
    finally:
        engine.live()

    worker.until(worker.taking, "a worker that takes jobs again")
    graded(system, worker, submit(system, token, "outage-2"))
    assert [
        entry["event"]
        for entry in lines(system, "first.log")
        if re.fullmatch("circuit_(opened|closed)", entry["event"])
    ] == [
        "circuit_opened",
        "circuit_closed",
    ]


def test_redis_records_which_graders_are_present(system, worker):
    worker.until(worker.taking, "a worker that takes jobs")
    with closing(redis.Redis.from_url(system.env["REDIS_URL"])) as client:
        worker.until(lambda: client.exists("graders:grading.cpu"), "a record of who takes from which queue")

        assert not client.exists("graders:grading.gpu")
