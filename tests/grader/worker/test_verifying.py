"""Verifying in a worker: places, progress, giving way to learners, and a real worker that stops in the middle."""

import base64
import json
import os
import secrets
import signal
import time
from contextlib import closing

import pytest
import redis
from celery.exceptions import Reject

from deploy.dev.processes import running, wait_until
from deploy.dev.services import redis as own_redis
from grader.errors import MissingVersion, NoSandbox
from grader.packages.archives import digest_of, pack
from grader.protocol.verifications import PROMISES, Verified, VerifyJob
from grader.worker import sandbox_pool, tasks, verifying, versions
from grader.worker.celery import app
from grader.worker.progress import PromisePublisher
from tests.support.own_packages import LESSON_TITLE, cached, scaffold_files
from tests.support.system import grader_command

pytestmark = pytest.mark.redis


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAINRULE_VERSIONS", str(tmp_path / "versions"))
    monkeypatch.setattr(versions, "WAIT_SECONDS", 0)
    monkeypatch.setattr(verifying, "BUSY_SECONDS", 0)
    monkeypatch.setattr(verifying, "_given_way", {})


@pytest.fixture
def opened(inline, monkeypatch):
    monkeypatch.setattr(sandbox_pool, "_opened", {"sandbox": inline})
    return inline


@pytest.fixture
def lesson():
    """A lesson has no code of its own beside its blocks: it needs no author's instance."""
    return cached({"lesson.md": LESSON_TITLE.encode()}, kind="lesson", verification=secrets.token_hex(8))


def test_the_task_returns_what_was_found_and_the_token(opened, lesson):
    answer = json.loads(json.dumps(tasks.verify_task(lesson.to_dict())))

    assert (answer["verification"], answer["token"]) == (lesson.verification, lesson.token)
    assert Verified.from_dict(answer["verified"]).passed


def test_a_page_sees_which_promise_is_looked_at(opened, lesson):
    tasks.verify_task(lesson.to_dict())

    with closing(redis.Redis.from_url(os.environ["REDIS_URL"])) as client:
        last = json.loads(client.get(f"progress:{lesson.verification}"))
    assert last == {"state": "running", "promise": "places", "at": 3, "of": 3}


def test_a_broker_that_hangs_is_tried_once(monkeypatch):
    publisher = PromisePublisher("redis://127.0.0.1:1/0", "v")
    began = time.monotonic()

    for at in range(12):
        publisher.publish("files", at, 12)

    assert time.monotonic() - began < 10
    assert not publisher.broker_answers


def test_a_version_that_is_not_here_puts_the_job_back(opened, lesson):
    missing = VerifyJob.from_dict(lesson.to_dict() | {"digest": "0" * 64})

    with pytest.raises(Reject) as rejected:
        tasks.verify_task(missing.to_dict())

    assert rejected.value.requeue


def test_a_version_that_never_comes_ends_as_our_failure(opened, lesson, monkeypatch):
    monkeypatch.setattr(versions, "GIVE_UP_SECONDS", -1)
    missing = VerifyJob.from_dict(lesson.to_dict() | {"digest": "0" * 64})

    with pytest.raises(MissingVersion):
        tasks.verify_task(missing.to_dict())


def test_without_a_sandbox_the_job_goes_back(lesson, monkeypatch):
    def none():
        raise NoSandbox("the engine went away")

    monkeypatch.setattr(sandbox_pool, "sandbox", none)
    monkeypatch.setattr(tasks, "REQUEUE_SECONDS", 0)

    with pytest.raises(Reject) as rejected:
        tasks.verify_task(lesson.to_dict())

    assert rejected.value.requeue


@pytest.mark.parametrize(("processes", "others", "refused"), [(1, 1, True), (2, 1, True), (3, 1, False), (4, 3, True)])
def test_one_process_stays_free_for_learners(processes, others, refused, opened, lesson, monkeypatch):
    monkeypatch.setattr(verifying, "_verifying", [False] + [True] * others)
    monkeypatch.setattr(verifying._processes, "value", processes)

    if refused:
        with pytest.raises(Reject):
            tasks.verify_task(lesson.to_dict())
    else:
        tasks.verify_task(lesson.to_dict())
    assert not verifying._verifying[0]


def test_the_only_process_gives_way_a_few_times(opened, lesson, monkeypatch):
    monkeypatch.setattr(verifying, "nobody_waits", lambda: False)
    for _ in range(verifying.MOST_TIMES_BACK):
        with pytest.raises(Reject) as rejected:
            tasks.verify_task(lesson.to_dict())
        assert rejected.value.requeue

    assert Verified.from_dict(tasks.verify_task(lesson.to_dict())["verified"]).passed


def test_with_other_processes_a_verification_goes_on(opened, lesson, monkeypatch):
    monkeypatch.setattr(verifying, "nobody_waits", lambda: False)
    monkeypatch.setattr(verifying._processes, "value", 2)

    assert Verified.from_dict(tasks.verify_task(lesson.to_dict())["verified"]).passed


@pytest.mark.nightly
@pytest.mark.bubblewrap
def test_a_worker_that_stops_puts_its_verification_back(tmp_path):
    files = scaffold_files(variant=secrets.token_hex(4))
    digest = digest_of(files)
    job = VerifyJob(
        verification="v1", token="t1", kind="exercise", slug="unit/slope", digest=digest, library="course-1"
    )
    with own_redis(tmp_path) as url, closing(redis.Redis.from_url(url)) as client:
        client.set(f"package:{digest}", pack(files))
        env = {"REDIS_URL": url, "CHAINRULE_SANDBOX": "bubblewrap", "CHAINRULE_VERSIONS": str(tmp_path / "cache")}
        with app.connection_for_write(url) as connection:
            app.send_task("grader.verify", args=[job.to_dict()], queue="regrading.cpu", connection=connection)
        log = tmp_path / "grading.log"
        with running("the grading worker", grader_command(), log=log, env=env, patience=60) as process:
            wait_until(
                lambda: "solution" in (client.get("progress:v1") or b"").decode(),
                name="the verification",
                process=process,
                log=log,
                seconds=120,
            )
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        (message,) = [json.loads(raw) for raw in client.lrange("regrading.cpu", 0, -1)]

    assert json.loads(base64.b64decode(message["body"]))[0][0] == job.to_dict()
    assert "solution" in {name for name, _ in PROMISES}
