"""The worker's tasks, called without a queue: what they do with a job, and what they do when we fail."""

import gc
import json

import pytest
from celery.exceptions import Reject, Retry
from structlog.testing import capture_logs

from grader.errors import MissingVersion, NoSandbox, PackageError, SandboxError
from grader.grading import exercise
from grader.packages.catalogue import find_package
from grader.protocol.reports import Report
from grader.worker import circuit_breaker, sandbox_pool, tasks, versions
from tests.support.reports import make_job, make_package

pytestmark = pytest.mark.redis


@pytest.fixture(autouse=True)
def package(exercises):
    return make_package(exercises)


@pytest.fixture
def opened(inline, monkeypatch):
    monkeypatch.setattr(sandbox_pool, "_opened", {"sandbox": inline})
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


def test_the_task_returns_the_report_and_the_token(opened):
    job = make_job(source=find_package("unit/slope").solution, token="mine")

    answer = json.loads(json.dumps(tasks.grade_task(job.to_dict())))

    assert (answer["submission"], answer["token"]) == ("s1", "mine")
    assert Report.from_dict(answer["report"]).points == 10


def test_a_broken_engine_is_retried_in_a_new_sandbox(monkeypatch):
    broken = Broken()
    monkeypatch.setattr(sandbox_pool, "_opened", {"sandbox": broken})
    monkeypatch.setattr(tasks.grade_task, "retry", lambda **_: Retry("again"))

    with pytest.raises(Retry):
        tasks.grade_task(make_job(source="x = 1").to_dict())

    assert broken.closed


def test_if_no_sandbox_starts_the_job_is_requeued(opened, monkeypatch):
    monkeypatch.setattr(tasks, "REQUEUE_SECONDS", 0)
    job = make_job(source=find_package("unit/slope").solution).to_dict()
    tasks.grade_task(job)
    for failures in (1, 2):
        sandbox_pool._opened["sandbox"] = Broken(NoSandbox)
        with pytest.raises(Reject) as rejected:
            tasks.grade_task(job)

        assert rejected.value.requeue
        assert circuit_breaker._failures_in_a_row.value == failures

    sandbox_pool._opened["sandbox"] = opened
    tasks.grade_task(job)
    assert circuit_breaker._failures_in_a_row.value == 0


def test_a_failure_while_a_submission_runs_is_not_counted(monkeypatch):
    monkeypatch.setattr(sandbox_pool, "_opened", {"sandbox": Broken()})
    monkeypatch.setattr(tasks.grade_task, "retry", lambda **_: Retry("again"))
    before = circuit_breaker._failures_in_a_row.value

    with pytest.raises(Retry):
        tasks.grade_task(make_job(source="x = 1").to_dict())

    assert circuit_breaker._failures_in_a_row.value == before


def test_a_broken_package_is_not_retried(opened, exercises):
    make_package(exercises, "unit/broken", checks="1 / 0")

    with pytest.raises(PackageError, match="ZeroDivisionError"):
        tasks.grade_task(make_job(exercise="unit/broken", source="x = 1").to_dict())


@pytest.fixture
def unknown_version(tmp_path, monkeypatch):
    """A job of a course's exercise whose version nobody has."""
    monkeypatch.setenv("CHAINRULE_VERSIONS", str(tmp_path / "versions"))
    monkeypatch.setattr(versions, "WAIT_SECONDS", 0)
    return make_job(source="x = 1", library="course-1", digest="0" * 64, token="t-versions").to_dict()


def test_a_job_without_its_version_goes_back(opened, unknown_version):
    with pytest.raises(Reject) as rejected:
        tasks.grade_task(unknown_version)

    assert rejected.value.requeue


def test_a_version_that_never_comes_is_not_retried(opened, unknown_version, monkeypatch):
    monkeypatch.setattr(versions, "GIVE_UP_SECONDS", -1)

    with pytest.raises(MissingVersion):
        tasks.grade_task(unknown_version)


def test_celery_loads_no_django():
    assert not tasks.app.fixups


def test_a_job_with_an_unknown_field_is_refused(opened):
    with pytest.raises(ValueError, match="score"):
        tasks.grade_task(make_job().to_dict() | {"score": 10})


@pytest.fixture
def child(monkeypatch):
    """This process as a pool child that has opened nothing yet."""
    monkeypatch.setattr(sandbox_pool, "_opened", {})
    monkeypatch.setattr(sandbox_pool, "ENGINE", "docker")
    monkeypatch.setattr(exercise, "_loaded", {})
    before = circuit_breaker._failures_in_a_row.value
    yield tasks
    sandbox_pool.close()
    circuit_breaker._failures_in_a_row.value = before
    gc.unfreeze()


@pytest.mark.docker
def test_a_pool_child_prepares_a_sandbox_and_all_packages(child, exercises):
    make_package(exercises, "unit/broken", checks="1 / 0")

    with capture_logs() as logs:
        child._prepare_child()

    assert sandbox_pool._opened["sandbox"]._instance is not None
    assert "checks" in vars(exercise._loaded["unit/slope"])
    assert [(line["event"], line.get("exercise")) for line in logs if line["log_level"] == "error"] == [
        ("package_broken", "unit/broken")
    ]


def test_a_missing_engine_does_not_end_the_child(child, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    circuit_breaker._failures_in_a_row.value = 0

    with capture_logs() as logs:
        child._prepare_child()

    assert circuit_breaker._failures_in_a_row.value == 1
    assert "no Docker engine answers" in next(line["error"] for line in logs if line["event"] == "no_sandbox_yet")
    assert "checks" in vars(exercise._loaded["unit/slope"])
