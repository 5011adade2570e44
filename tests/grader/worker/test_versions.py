"""How a version of a course's package reaches a worker, with a real Redis and a real disk."""

import base64
import json
import os
import secrets
import time
from contextlib import closing

import pytest
import redis

from grader.errors import MissingVersion
from grader.packages.archives import digest_of, files_of, pack
from grader.packages.catalogue import version_cache, versions_folder
from grader.worker import versions
from grader.worker.versions import PROVIDE, VersionAwaited, ensure
from tests.support.reports import make_package

pytestmark = pytest.mark.redis


class Server:
    """What the server does: it sets keys, and gets what workers ask for."""

    def __init__(self, client):
        self.client = client

    def provide(self, digest, archive):
        self.client.set(f"package:{digest}", archive, ex=60)

    def asked_for(self):
        messages = map(json.loads, self.client.lrange(versions.RECORDS, 0, -1))
        return [
            json.loads(base64.b64decode(message["body"]))[0][0]["digest"]
            for message in messages
            if message["headers"]["task"] == PROVIDE
        ]


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(versions, "RECORDS", f"records-{secrets.token_hex(6)}")
    with closing(redis.Redis.from_url(os.environ["REDIS_URL"])) as client:
        yield Server(client)


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A worker that has nothing yet."""
    monkeypatch.setenv("CHAINRULE_VERSIONS", str(tmp_path / "versions"))
    monkeypatch.setattr(versions, "_asked", {})
    monkeypatch.setattr(versions, "_waiting", {})
    monkeypatch.setattr(versions, "WAIT_SECONDS", 0.2)


@pytest.fixture
def version(exercises):
    """The files of a version, with a digest that no other test has."""
    make_package(exercises)
    files = files_of(exercises / "unit" / "slope") | {"notes.md": secrets.token_bytes(8)}
    return digest_of(files), pack(files)


def has(digest):
    return version_cache(versions_folder()).folder(digest) is not None


def test_a_version_comes_from_redis_and_stays(server, version):
    digest, archive = version
    server.provide(digest, archive)

    ensure(digest, job="j1")
    server.client.delete(f"package:{digest}")
    ensure(digest, job="j2")

    assert has(digest)
    assert server.asked_for() == []


def test_a_missing_version_is_asked_for_once(server, version):
    digest, archive = version
    for _ in range(3):
        with pytest.raises(VersionAwaited):
            ensure(digest, job="j1")

    assert server.asked_for() == [digest]
    server.provide(digest, archive)
    ensure(digest, job="j1")
    assert has(digest)
    assert versions._waiting == {}


def test_a_version_that_never_comes_ends_the_job(server, version, monkeypatch):
    digest, _ = version
    monkeypatch.setattr(versions, "GIVE_UP_SECONDS", 0.1)

    with pytest.raises(MissingVersion):
        ensure(digest, job="j1")


@pytest.mark.parametrize("poison", ["other", "no zip", "bomb"])
def test_a_poisoned_key_is_refused(poison, server, version, exercises):
    digest, archive = version
    values = {
        "other": pack(files_of(exercises / "unit" / "slope")),
        "no zip": b"not an archive",
        "bomb": b"\0" * (versions.MAX_ARCHIVE + 10),
    }
    server.provide(digest, values[poison])

    with pytest.raises(VersionAwaited):
        ensure(digest, job="j1")

    assert not has(digest)
    server.provide(digest, archive)
    ensure(digest, job="j1")
    assert has(digest)


@pytest.mark.parametrize("digest", ["", "../../etc", "a" * 63, "A" * 64, "*"])
def test_what_is_no_digest_is_never_there(digest, server):
    server.provide(digest, b"x")

    with pytest.raises(VersionAwaited):
        ensure(digest, job="j1")


def test_without_a_broker_the_job_waits(version, monkeypatch):
    monkeypatch.setattr(versions, "BROKER_URL", "redis://127.0.0.1:1/0")
    began = time.monotonic()

    with pytest.raises(VersionAwaited):
        ensure(version[0], job="j1")

    assert time.monotonic() - began < 30


def test_the_memory_of_waiting_jobs_is_bounded(server, version, monkeypatch):
    monkeypatch.setattr(versions, "_MOST_JOBS", 3)
    monkeypatch.setattr(versions, "WAIT_SECONDS", 0)
    for number in range(6):
        with pytest.raises(VersionAwaited):
            ensure(version[0], job=str(number))

    assert list(versions._waiting) == ["3", "4", "5"]
