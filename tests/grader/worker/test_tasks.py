"""The worker's task, without a queue: what it does with a job, and what it does when we err."""

import gc
import json

import pytest
from celery.exceptions import Reject, Retry
from structlog.testing import capture_logs

from grader.errors import NoSandbox, PackageError, SandboxError
from grader.grading import exercise
from grader.packages.catalogue import find_package
from grader.protocol.reports import Report
from grader.worker import circuit_breaker, tasks
from tests.support.reports import make_job, make_package

pytestmark = pytest.mark.redis


@pytest.fixture(autouse=True)
def package(exercises):
    return make_package(exercises)


@pytest.fixture
def held(inline, monkeypatch):
    monkeypatch.setattr(tasks, "_held", {"sandbox": inline})
    return inline


class Broken:
    name = "broken"
    closed = False

    def __init__(self, kind=SandboxError):
        self.kind = kind

    def open(self, *_, **__):
        raise self.kind("the engine went away")

    def close(self):
        self.closed = True


def test_the_task_answers_with_the_report_and_the_token(held):
    job = make_job(source=find_package("unit/slope").solution, token="mine")

    answer = json.loads(json.dumps(tasks.grade_task(job.to_dict())))

    assert (answer["submission"], answer["token"]) == ("s1", "mine")
    assert Report.from_dict(answer["report"]).given == 10


def test_a_broken_engine_is_retried_with_a_new_sandbox_and_never_scored(monkeypatch):
    broken = Broken()
    monkeypatch.setattr(tasks, "_held", {"sandbox": broken})
    monkeypatch.setattr(tasks.grade_task, "retry", lambda **_: Retry("again"))

    with pytest.raises(Retry):
        tasks.grade_task(make_job(source="x = 1").to_dict())

    assert broken.closed


def test_where_no_sandbox_starts_the_job_goes_back_as_it_came_and_it_counts_against_the_worker(held, monkeypatch):
    monkeypatch.setattr(tasks, "PAUSE", 0)
    job = make_job(source=find_package("unit/slope").solution).to_dict()
    tasks.grade_task(job)
    for failures in (1, 2):
        tasks._held["sandbox"] = Broken(NoSandbox)
        with pytest.raises(Reject) as rejected:
            tasks.grade_task(job)

        assert rejected.value.requeue
        assert circuit_breaker._in_a_row.value == failures

    tasks._held["sandbox"] = held
    tasks.grade_task(job)
    assert circuit_breaker._in_a_row.value == 0


def test_what_happens_while_a_submission_runs_counts_against_nobody(monkeypatch):
    monkeypatch.setattr(tasks, "_held", {"sandbox": Broken()})
    monkeypatch.setattr(tasks.grade_task, "retry", lambda **_: Retry("again"))
    before = circuit_breaker._in_a_row.value

    with pytest.raises(Retry):
        tasks.grade_task(make_job(source="x = 1").to_dict())

    assert circuit_breaker._in_a_row.value == before


def test_a_broken_package_is_not_retried(held, exercises):
    make_package(exercises, "unit/broken", checks="1 / 0")

    with pytest.raises(PackageError, match="ZeroDivisionError"):
        tasks.grade_task(make_job(exercise="unit/broken", source="x = 1").to_dict())


def test_celery_loads_no_django_whatever_variables_say():
    assert not tasks.app.fixups


def test_a_job_with_an_unknown_field_is_refused(held):
    with pytest.raises(TypeError):
        tasks.grade_task(make_job().to_dict() | {"score": 10})


@pytest.fixture
def child(monkeypatch):
    """This process as a pool child that holds nothing yet."""
    monkeypatch.setattr(tasks, "_held", {})
    monkeypatch.setattr(tasks, "ENGINE", "docker")
    monkeypatch.setattr(exercise, "_held", {})
    before = circuit_breaker._in_a_row.value
    yield tasks
    tasks.release()
    circuit_breaker._in_a_row.value = before
    gc.unfreeze()


@pytest.mark.docker
def test_a_pool_child_has_a_warm_sandbox_and_every_package_that_loads_before_its_first_job(child, exercises):
    make_package(exercises, "unit/broken", checks="1 / 0")

    with capture_logs() as logs:
        child._warm_up()

    assert child._held["sandbox"]._cell is not None
    assert "checks" in vars(exercise._held["unit/slope"])
    assert [(line["event"], line.get("exercise")) for line in logs if line["log_level"] == "error"] == [
        ("package_broken", "unit/broken")
    ]


def test_a_machine_that_is_not_ready_yet_counts_against_the_worker_and_does_not_end_it(child, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    circuit_breaker._in_a_row.value = 0

    with capture_logs() as logs:
        child._warm_up()

    assert circuit_breaker._in_a_row.value == 1
    assert "no Docker engine answers" in next(line["error"] for line in logs if line["event"] == "no_sandbox_yet")
    assert "checks" in vars(exercise._held["unit/slope"])
