"""What is said where a Docker engine lacks something, or goes away in the middle: the real one, behind our socket."""

import io
import secrets
import tarfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import docker
import pytest
from docker.utils import kwargs_from_env

from grader.errors import SandboxError
from grader.protocol.reports import Outcome
from grader.sandboxes.base import Call, Limits, Program
from grader.sandboxes.docker import DockerEngine
from grader.sandboxes.instance import InstanceDied
from grader.sandboxes.orphans import OWNER, SANDBOX, owner, remove_orphans
from grader.sandboxes.pool import Policy, SandboxPool
from grader.sandboxes.runtimes import load_runtimes
from tests.grader.sandboxes.test_orphans import dead_owner
from tests.support.engines import Engine

pytestmark = pytest.mark.docker


@pytest.fixture
def runtime():
    """The runtime of an installation, in whose name a test may leave nothing behind."""
    return replace(load_runtimes()["cpu"], name=f"test-{secrets.token_hex(4)}")


@pytest.fixture
def api():
    with closing(docker.APIClient(**kwargs_from_env(), version="auto")) as api:
        yield api


@pytest.fixture
def left(api, runtime):
    """The containers that there are of the runtime; they are removed after the test."""

    def containers():
        return [each["Id"] for each in api.containers(all=True, filters={"label": f"{SANDBOX}={runtime.name}"})]

    yield containers
    for container in containers():
        api.remove_container(container, force=True)


@pytest.fixture
def start():
    """An engine for a runtime; its connections are closed after the test."""
    engines = []

    def make(runtime):
        engines.append(DockerEngine(runtime))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture
def mortal(tmp_path, monkeypatch, api):
    """An engine that can be taken away from DockerEngine, and not from `api`."""
    mortal = Engine(tmp_path)
    mortal.live()
    monkeypatch.setenv("DOCKER_HOST", mortal.host)
    yield mortal
    mortal.die()


@pytest.fixture
def empty_image(api):
    """An image in which there is nothing, Python least of all."""
    data = io.BytesIO()
    tarfile.open(fileobj=data, mode="w").close()
    name = f"chainrule-test-{secrets.token_hex(4)}"
    api.import_image_from_data(data.getvalue(), repository=name, tag="latest")
    yield f"{name}:latest"
    api.remove_image(f"{name}:latest", force=True)


def test_an_image_that_is_not_there_is_told_with_what_to_do(start, runtime, left):
    engine = start(replace(runtime, image="chainrule-nowhere:latest"))

    for attempt in (engine.check, engine.start):
        with pytest.raises(SandboxError, match="there is no image chainrule-nowhere:latest: run `make image`"):
            attempt()
    assert left() == []


def test_an_oci_runtime_that_the_engine_does_not_have_is_told_with_those_it_has(start, runtime):
    with pytest.raises(SandboxError, match=r"no runtime nowhere, only .*runc.*: start it with --add-runtime nowhere="):
        start(replace(runtime, oci_runtime="nowhere")).check()


def test_an_engine_that_went_away_since_it_was_asked_is_told_of_at_every_step(start, runtime, mortal):
    engine = start(runtime)
    engine.check()

    mortal.hang_up()

    with pytest.raises(SandboxError, match="no Docker engine answers"):
        engine.check()
    with pytest.raises(SandboxError, match="Docker cannot create a sandbox"):
        engine.start()


def test_an_engine_that_goes_away_while_a_sandbox_starts_leaves_at_most_what_is_an_orphan_later(
    start, runtime, mortal, left, api, monkeypatch
):
    engine = start(runtime)
    create = engine._create

    def create_and_hang_up():
        container = create()
        mortal.hang_up()
        return container

    monkeypatch.setattr(engine, "_create", create_and_hang_up)

    with pytest.raises(SandboxError, match="Docker cannot attach to a sandbox"):
        engine.start()

    (container,) = left()
    assert api.inspect_container(container)["Config"]["Labels"][OWNER] == owner()


def test_a_sandbox_that_cannot_be_started_is_removed_again(start, runtime, empty_image, left):
    with pytest.raises(SandboxError, match="Docker cannot start a sandbox"):
        start(replace(runtime, image=empty_image)).start()

    assert left() == []


def test_a_sandbox_whose_children_find_no_gpu_says_so_before_anybody_submits(start, runtime, left, monkeypatch):
    monkeypatch.setattr("grader.sandboxes.docker.gpu_arguments", lambda _: ["--device", "cuda"])

    with pytest.raises(SandboxError, match=r"a child did not get ready: .*CUDA"):
        start(runtime).start()

    assert left() == []


def test_a_sandbox_that_somebody_removes_has_died_and_not_for_want_of_memory(start, runtime, left, api):
    cell = start(runtime).start()
    (container,) = left()

    api.remove_container(container, force=True)

    with pytest.raises(InstanceDied) as died:
        cell.receive(time.monotonic() + 30)
    assert not died.value.out_of_memory
    cell.stop()


def test_a_runtime_without_a_profile_has_the_engines_own(start, runtime):
    assert start(replace(runtime, seccomp=None))._security() == ["no-new-privileges:true"]
    assert start(runtime)._security()[1].startswith('seccomp={"')


def test_what_dead_owners_left_behind_is_removed_and_what_the_living_have_is_not(start, runtime, left, api):
    ours, orphan = (
        api.create_container(runtime.image, ["true"], labels={SANDBOX: runtime.name, OWNER: label})["Id"]
        for label in (owner(), dead_owner())
    )
    assert set(left()) == {ours, orphan}

    start(runtime).check()

    assert left() == [ours]
    assert ours not in remove_orphans(api)


def test_a_sandbox_on_a_line_of_its_own_outlives_its_engine(start, runtime, mortal, left):
    cell = start(runtime).start()

    mortal.hang_up()

    assert not cell.gone()
    cell.stop()


def test_where_there_can_be_no_line_the_engine_carries_everything(start, runtime, monkeypatch, left):
    monkeypatch.setattr("grader.sandboxes.docker.open_direct_pipes", lambda *_: None)
    with closing(SandboxPool(DockerEngine(runtime), Policy())) as sandbox:
        for number in range(2):
            with sandbox.open(Program(source="def f(x): return 2 * x", entries=("f",)), limits=Limits()) as run:
                (answer,) = run.observe([Call(entry="f", args=(number,))])

            assert answer.value == 2 * number
            assert run.ending.outcome is Outcome.GRADED


def test_what_a_keeper_complained_of_before_it_died_is_told(start, runtime, left, api):
    """On a line of its own its end is heard before its last words, which the engine brings."""
    cell = start(runtime).start()
    (container,) = left()
    pid = api.inspect_container(container)["State"]["Pid"]
    Path(f"/proc/{pid}/fd/2").write_text("the last words")

    api.kill(container)

    with pytest.raises(InstanceDied, match="has gone: the last words"):
        cell.receive(time.monotonic() + 30)
    cell.stop()
