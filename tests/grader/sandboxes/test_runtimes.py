"""`deploy/runtimes.toml`: what is right is read, and what is wrong is told with what to do."""

import pytest

from grader.errors import NoSandbox, SandboxError
from grader.sandboxes.gpus import gpu_arguments, gpu_environment, gpu_host_config
from grader.sandboxes.runtimes import EngineKind, Gpus, Reuse, find_runtime, load_runtimes
from grader.sandboxes.select import open_sandbox

CPU = '[cpu]\nengine = "docker"\nqueue = "grading.cpu"\n'
GPU = '[gpu]\nengine = "docker"\nqueue = "grading.gpu"\ngpus = "nvidia"\ngpu_ids = ["0", "1"]\nconcurrency = 2\n'


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "runtimes.toml"
        path.write_text(text)
        return path

    return write


def test_our_own_file_is_right():
    runtimes = load_runtimes()

    assert runtimes["cpu"].engine is EngineKind.DOCKER
    assert runtimes["cpu"].fallback == "embedded"
    assert runtimes["cpu-hardened"].oci_runtime == "runsc"
    assert runtimes["cpu-hardened"].forks is False
    assert runtimes["gpu"].queue == "grading.gpu"
    assert runtimes["embedded"].engine is EngineKind.BUBBLEWRAP


def test_a_file_may_be_named_by_the_environment(written, monkeypatch):
    monkeypatch.setenv("CHAINRULE_RUNTIMES", str(written(CPU + 'reuse = "never"\nspares = 2\n')))

    assert load_runtimes()["cpu"].reuse is Reuse.NEVER


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[cpu\n", "is not TOML"),
        ("cpu = 1\n", "write it as [cpu]"),
        ('[cpu]\nengine = "docker"\n', "lacks `queue`"),
        (CPU + "memory = 1\n", "unknown key `memory`; known are"),
        ('[cpu]\nengine = "podman"\nqueue = "q"\n', "it may be docker, bubblewrap"),
        (CPU + 'reuse = "sometimes"\n', "it may be warm, never"),
        (CPU + "memory_mb = 0\n", "must be larger than 0"),
        (CPU + "memory_mb = true\n", "is a whole number"),
        (CPU + 'cpus = "two"\n', "is a number"),
        (CPU + "image = 3\n", "has the wrong type"),
        (CPU + 'forks = "no"\n', "has the wrong type"),
        (CPU + 'seccomp = "nowhere.json"\n', "which does not exist"),
        (CPU + 'fallback = "embedded"\n', "names [embedded], which is not there"),
        (CPU + 'gpus = "nvidia"\n', "list them in `gpu_ids`"),
        (GPU + '[b]\nengine = "bubblewrap"\nqueue = "q"\ngpus = "cdi"\n', "only the docker engine"),
        (GPU.replace("concurrency = 2", "concurrency = 3"), "3 workers for 2 GPUs"),
        (GPU.replace('"nvidia"', '"devices"'), "needs `devices` and `driver_folder`"),
    ],
)
def test_a_mistake_is_told_with_what_to_do(written, text, told):
    with pytest.raises(SandboxError) as caught:
        load_runtimes(written(text))

    assert told in str(caught.value)
    assert "runtimes.toml" in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SandboxError, match=r"nowhere\.toml cannot be read"):
        load_runtimes(tmp_path / "nowhere.toml")


def test_a_runtime_that_is_not_there_is_told_with_those_that_are(written):
    with pytest.raises(SandboxError, match='no runtime "tpu"; there are: cpu'):
        find_runtime("tpu", load_runtimes(written(CPU)))


def test_without_an_engine_and_without_bubblewrap_the_error_names_both(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    monkeypatch.setattr("grader.sandboxes.bubblewrap.find_bwrap", lambda: (_ for _ in ()).throw(SandboxError("none")))

    with pytest.raises(NoSandbox) as caught:
        open_sandbox("cpu")

    for words in (
        "install and start Docker",
        "install bubblewrap",
        "docker: no Docker engine answers",
        "bubblewrap: none",
    ):
        assert words.lower() in str(caught.value).lower()


def test_an_engine_that_a_runtime_does_not_have_is_refused():
    with pytest.raises(NoSandbox, match="gpu does not run on bubblewrap"):
        open_sandbox("gpu", "bubblewrap")


def gpu(written, extra=""):
    return load_runtimes(written(GPU + extra))["gpu"]


def test_a_gpu_by_the_nvidia_toolkit_is_the_workers_own(written):
    requests = [gpu_host_config(gpu(written), slot)["DeviceRequests"][0] for slot in (0, 1)]

    assert [request["DeviceIDs"] for request in requests] == [["0"], ["1"]]
    assert requests[0]["Driver"] == "nvidia"
    assert requests[0]["Capabilities"] == [["compute", "utility"]]


def test_no_worker_shares_a_gpu_with_another(written):
    with pytest.raises(SandboxError, match=r"worker process 3 of \[gpu\] has no GPU: start at most 2"):
        gpu_host_config(gpu(written), 2)


def test_a_gpu_by_cdi_is_asked_for_by_name(written):
    text = GPU.replace('"nvidia"', '"cdi"').replace('"0", "1"', '"nvidia.com/gpu=0", "nvidia.com/gpu=1"')
    runtime = load_runtimes(written(text))["gpu"]

    request = gpu_host_config(runtime, 1)["DeviceRequests"][0]

    assert (request["Driver"], request["DeviceIDs"]) == ("cdi", ["nvidia.com/gpu=1"])


def test_a_gpu_by_its_device_files_comes_with_the_driver_read_only(written):
    text = GPU.replace('"nvidia"', '"devices"') + 'devices = ["/dev/nvidiactl"]\ndriver_folder = "/opt/driver"\n'
    runtime = load_runtimes(written(text))["gpu"]

    config = gpu_host_config(runtime, 1)

    assert [device["PathOnHost"] for device in config["Devices"]] == ["/dev/nvidia1", "/dev/nvidiactl"]
    assert config["Binds"] == ["/opt/driver:/opt/chainrule/driver:ro"]
    assert gpu_environment(runtime) == {"LD_LIBRARY_PATH": "/opt/chainrule/driver"}


def test_a_keeper_is_told_of_its_gpu_and_its_cap(written):
    assert gpu_arguments(gpu(written, "gpu_memory_mb = 2048\n")) == ["--device", "cuda", "--gpu-memory-mb", "2048"]
    assert gpu_arguments(load_runtimes()["cpu"]) == []
    assert gpu_host_config(load_runtimes()["cpu"], 0) == {}
    assert load_runtimes()["cpu"].gpus is Gpus.NONE
