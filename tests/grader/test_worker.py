"""The worker's task, without a queue: what it does with a job, and what it does when we err."""

import json

import pytest
from celery.exceptions import Retry

from grader import worker
from grader.errors import PackageError, SandboxError
from grader.packages.catalogue import find_package
from grader.reports import Report
from tests.grader.builders import make_job, make_package

pytestmark = pytest.mark.redis


@pytest.fixture(autouse=True)
def package(exercises):
    return make_package(exercises)


@pytest.fixture
def held(inline, monkeypatch):
    monkeypatch.setattr(worker, "_held", {"sandbox": inline})
    return inline


class Broken:
    name = "broken"
    closed = False

    def open(self, *_, **__):
        raise SandboxError("the engine went away")

    def close(self):
        self.closed = True


def test_the_task_answers_with_the_report_and_the_token(held):
    job = make_job(source=find_package("unit/slope").solution, token="mine")

    answer = json.loads(json.dumps(worker.grade_task(job.to_dict())))

    assert (answer["submission"], answer["token"]) == ("s1", "mine")
    assert Report.from_dict(answer["report"]).given == 10


def test_a_broken_engine_is_retried_with_a_new_sandbox_and_never_scored(monkeypatch):
    broken = Broken()
    monkeypatch.setattr(worker, "_held", {"sandbox": broken})
    monkeypatch.setattr(worker.grade_task, "retry", lambda **_: Retry("again"))

    with pytest.raises(Retry):
        worker.grade_task(make_job(source="x = 1").to_dict())

    assert broken.closed


def test_a_broken_package_is_not_retried(held, exercises):
    make_package(exercises, "unit/broken", checks="1 / 0")

    with pytest.raises(PackageError, match="ZeroDivisionError"):
        worker.grade_task(make_job(exercise="unit/broken", source="x = 1").to_dict())


def test_a_job_with_an_unknown_field_is_refused(held):
    with pytest.raises(TypeError):
        worker.grade_task(make_job().to_dict() | {"score": 10})
