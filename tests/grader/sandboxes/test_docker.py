"""The errors if a Docker engine lacks something or stops answering. A proxy stands before the real engine."""

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
from grader.sandboxes.docker import CPU_SHARES, DockerEngine
from grader.sandboxes.instance import InstanceDied
from grader.sandboxes.orphans import OWNER, SANDBOX, owner, remove_orphans
from grader.sandboxes.pool import Policy, SandboxPool
from grader.sandboxes.runtimes import load_runtimes
from tests.grader.sandboxes.test_orphans import dead_owner
from tests.support.engines import DockerProxy

pytestmark = pytest.mark.docker


@pytest.fixture
def runtime():
    """The runtime of an installation, under a name of its own: no test leaves a container of it behind."""
    return replace(load_runtimes()["cpu"], name=f"test-{secrets.token_hex(4)}")


@pytest.fixture
def api():
    with closing(docker.APIClient(**kwargs_from_env(), version="auto")) as api:
        yield api


@pytest.fixture
def containers(api, runtime):
    """A function that lists the containers of the runtime. They are removed after the test."""

    def listed():
        return [each["Id"] for each in api.containers(all=True, filters={"label": f"{SANDBOX}={runtime.name}"})]

    yield listed
    for container in listed():
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
def proxy(tmp_path, monkeypatch, api):
    """A proxy to the engine that DockerEngine uses and `api` does not: the test can stop it."""
    proxy = DockerProxy(tmp_path)
    proxy.live()
    monkeypatch.setenv("DOCKER_HOST", proxy.host)
    yield proxy
    proxy.die()


@pytest.fixture
def empty_image(api):
    """An empty image, without Python."""
    data = io.BytesIO()
    tarfile.open(fileobj=data, mode="w").close()
    name = f"chainrule-test-{secrets.token_hex(4)}"
    api.import_image_from_data(data.getvalue(), repository=name, tag="latest")
    yield f"{name}:latest"
    api.remove_image(f"{name}:latest", force=True)


def test_a_missing_image_is_an_error_with_what_to_do(start, runtime, containers):
    engine = start(replace(runtime, image="chainrule-nowhere:latest"))

    for attempt in (engine.check, engine.start):
        with pytest.raises(SandboxError, match="there is no image chainrule-nowhere:latest: run `make image`"):
            attempt()
    assert containers() == []


def test_an_unknown_oci_runtime_error_lists_the_known_ones(start, runtime):
    with pytest.raises(SandboxError, match=r"no runtime nowhere, only .*runc.*: start it with --add-runtime nowhere="):
        start(replace(runtime, oci_runtime="nowhere")).check()


def test_a_stopped_engine_is_an_error_at_every_step(start, runtime, proxy):
    engine = start(runtime)
    engine.check()

    proxy.hang_up()

    with pytest.raises(SandboxError, match="no Docker engine answers"):
        engine.check()
    with pytest.raises(SandboxError, match="Docker cannot create a sandbox"):
        engine.start()


def test_a_container_left_by_a_failed_start_has_our_label(start, runtime, proxy, containers, api, monkeypatch):
    engine = start(runtime)
    create = engine._create

    def create_and_hang_up():
        container = create()
        proxy.hang_up()
        return container

    monkeypatch.setattr(engine, "_create", create_and_hang_up)

    with pytest.raises(SandboxError, match="Docker cannot attach to a sandbox"):
        engine.start()

    (container,) = containers()
    assert api.inspect_container(container)["Config"]["Labels"][OWNER] == owner()


def test_a_container_that_does_not_start_is_removed(start, runtime, empty_image, containers):
    with pytest.raises(SandboxError, match="Docker cannot start a sandbox"):
        start(replace(runtime, image=empty_image)).start()

    assert containers() == []


def test_a_missing_gpu_is_an_error_before_any_submission(start, runtime, containers, monkeypatch):
    monkeypatch.setattr("grader.sandboxes.docker.gpu_arguments", lambda _: ["--device", "cuda"])

    with pytest.raises(SandboxError, match=r"a child did not get ready: .*CUDA"):
        start(runtime).start()

    assert containers() == []


def test_a_removed_container_did_not_run_out_of_memory(start, runtime, containers, api):
    instance = start(runtime).start()
    (container,) = containers()

    api.remove_container(container, force=True)

    with pytest.raises(InstanceDied) as died:
        instance.receive(time.monotonic() + 30)
    assert not died.value.out_of_memory
    instance.stop()


def test_without_a_profile_the_engines_own_is_used(start, runtime):
    assert start(replace(runtime, seccomp=None))._security() == ["no-new-privileges:true"]
    assert start(runtime)._security()[1].startswith('seccomp={"')


def test_only_containers_of_dead_owners_are_removed(start, runtime, containers, api):
    ours, orphan = (
        api.create_container(runtime.image, ["true"], labels={SANDBOX: runtime.name, OWNER: label})["Id"]
        for label in (owner(), dead_owner())
    )
    assert set(containers()) == {ours, orphan}

    start(runtime).check()

    assert containers() == [ours]
    assert ours not in remove_orphans(api)


def test_direct_pipes_work_without_the_engine(start, runtime, proxy, containers):
    instance = start(runtime).start()

    proxy.hang_up()

    assert not instance.is_dead()
    instance.stop()


def test_without_direct_pipes_the_engines_stream_is_used(start, runtime, monkeypatch, containers):
    monkeypatch.setattr("grader.sandboxes.docker.open_direct_pipes", lambda *_: None)
    with closing(SandboxPool(DockerEngine(runtime), Policy())) as sandbox:
        for number in range(2):
            with sandbox.open(Program(source="def f(x): return 2 * x", entries=("f",)), limits=Limits()) as run:
                (answer,) = run.observe([Call(entry="f", args=(number,))])

            assert answer.value == 2 * number
            assert run.ending.outcome is Outcome.GRADED


def test_the_error_output_of_a_dead_supervisor_is_shown(start, runtime, containers, api):
    """The end of its direct pipes arrives before its error output, which comes through the engine."""
    instance = start(runtime).start()
    (container,) = containers()
    pid = api.inspect_container(container)["State"]["Pid"]
    Path(f"/proc/{pid}/fd/2").write_text("the last line")

    api.kill(container)

    with pytest.raises(InstanceDied, match="has died: the last line"):
        instance.receive(time.monotonic() + 30)
    instance.stop()


def test_a_container_has_a_share_and_a_limit_of_processors(api, start, runtime, containers):
    instance = start(runtime).start()
    try:
        (container,) = containers()
        config = api.inspect_container(container)["HostConfig"]
    finally:
        instance.stop()

    assert config["CpuShares"] == CPU_SHARES > 1024
    assert config["NanoCpus"] == runtime.cpus * 1e9
    # Without systemd, the share of a container counts among all processes only at the top.
    assert (config["CgroupParent"] == "/") == (api.info()["CgroupDriver"] == "cgroupfs")
