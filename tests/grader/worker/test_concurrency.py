"""How many jobs a worker takes at once."""

from types import SimpleNamespace

import pytest

from grader.sandboxes.runtimes import load_runtimes
from grader.worker import concurrency
from grader.worker.concurrency import jobs_at_once, limit_concurrency
from tests.support.fake_engine import FakeEngine


@pytest.mark.parametrize(
    ("processors", "cpus", "has_share", "jobs"),
    [
        (4, 1, True, 4),
        (4, 1, False, 3),
        (4, 2, True, 2),
        (1, 1, True, 1),
        (1, 1, False, 1),
        (2, 4, True, 1),
        (3, 0.5, True, 6),
    ],
)
def test_each_job_has_processors_of_its_own(processors, cpus, has_share, jobs):
    assert jobs_at_once(processors, cpus=cpus, has_share=has_share) == jobs


@pytest.mark.parametrize(("has_share", "jobs"), [(True, 2), (False, 1)])
def test_a_worker_without_a_share_takes_fewer_jobs(monkeypatch, has_share, jobs):
    engine = FakeEngine()
    engine.has_share = has_share
    monkeypatch.setattr(concurrency, "open_engine", lambda *_: (load_runtimes()["embedded"], engine))
    monkeypatch.setattr(concurrency.os, "sched_getaffinity", lambda _: {0, 1})
    worker = SimpleNamespace(concurrency=2)

    limit_concurrency(sender=worker)

    assert worker.concurrency == jobs
