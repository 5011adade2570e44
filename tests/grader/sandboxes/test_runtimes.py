"""`deploy/runtimes.toml`: a right file is read, and a mistake is explained with what to do."""

import pytest
from structlog.testing import capture_logs

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


def test_the_delivered_file_is_right():
    runtimes = load_runtimes()

    assert runtimes["cpu"].engine is EngineKind.DOCKER
    assert runtimes["cpu"].fallback == "embedded"
    assert runtimes["cpu-hardened"].oci_runtime == "runsc"
    assert runtimes["cpu-hardened"].forks is False
    assert runtimes["gpu"].queue == "grading.gpu"
    assert runtimes["embedded"].engine is EngineKind.BUBBLEWRAP


def test_the_environment_can_name_another_file(written, monkeypatch):
    monkeypatch.setenv("CHAINRULE_RUNTIMES", str(written(CPU + 'reuse = "never"\nmin_idle = 2\n')))

    assert load_runtimes()["cpu"].reuse is Reuse.NEVER
    assert load_runtimes()["cpu"].min_idle == 2


@pytest.mark.parametrize(
    ("text", "explanation"),
    [
        ("[cpu\n", "is not TOML"),
        ("cpu = 1\n", "write it as [cpu]"),
        ('[cpu]\nengine = "docker"\n', "[cpu] lacks the key `queue`"),
        (CPU + "memory = 1\n", "unknown key `memory`; known are"),
        (CPU + 'name = "cpu"\n', "unknown key `name`; known are"),
        ('[cpu]\nengine = "podman"\nqueue = "q"\n', "[cpu] engine = 'podman': expected one of docker, bubblewrap"),
        (CPU + 'reuse = "sometimes"\n', "reuse = 'sometimes': expected one of warm, never"),
        (CPU + "reuse = 1\n", "reuse = 1: expected one of warm, never"),
        (CPU + "memory_mb = 0\n", "[cpu] memory_mb = 0: Expected `int` >= 1"),
        (CPU + "memory_mb = true\n", "memory_mb = True: Expected `int`, got `bool`"),
        (CPU + "min_idle = -1\n", "min_idle = -1: Expected `int` >= 0"),
        (CPU + 'cpus = "two"\n', "cpus = 'two': Expected `float`, got `str`"),
        (CPU + "cpus = 0\n", "cpus = 0: Expected `float` > 0.0"),
        (CPU + "image = 3\n", "image = 3: Expected `str`, got `int`"),
        (CPU + 'forks = "no"\n', "forks = 'no': Expected `bool`, got `str`"),
        (CPU + "gpu_ids = [0]\n", "gpu_ids = [0]: Expected `str`, got `int`"),
        (CPU + 'seccomp = "nowhere.json"\n', "nowhere.json does not exist"),
        (CPU + "seccomp = 3\n", "seccomp = 3: Expected `str`, got `int`"),
        (CPU + 'fallback = "embedded"\n', "names [embedded], which is not there"),
        (CPU + 'gpus = "nvidia"\n', "list them in `gpu_ids`"),
        (GPU + '[b]\nengine = "bubblewrap"\nqueue = "q"\ngpus = "cdi"\n', "only the docker engine"),
        (GPU.replace("concurrency = 2", "concurrency = 3"), "3 workers for 2 GPUs"),
        (GPU.replace('"nvidia"', '"devices"'), "needs `devices` and `driver_folder`"),
        (CPU + "spares = 1\nmin_idle = 1\n", "[cpu] has `spares` and `min_idle`, the new name of it: remove `spares`"),
    ],
)
def test_a_mistake_is_explained_with_its_place(written, text, explanation):
    with pytest.raises(SandboxError) as caught:
        load_runtimes(written(text))

    assert explanation in str(caught.value)
    assert "runtimes.toml" in str(caught.value)


def test_the_former_name_of_min_idle_gets_a_warning(written):
    path = written(CPU + "spares = 3\n")

    with capture_logs() as logs:
        runtime = load_runtimes(path)["cpu"]

    assert runtime.min_idle == 3
    (warning,) = logs
    assert (warning["log_level"], warning["key"], warning["rename_to"]) == ("warning", "spares", "min_idle")
    assert warning["section"] == f"{path}: [cpu]"


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SandboxError, match=r"nowhere\.toml cannot be read"):
        load_runtimes(tmp_path / "nowhere.toml")


def test_an_unknown_runtime_error_lists_the_known_ones(written):
    with pytest.raises(SandboxError, match='no runtime "tpu"; there are: cpu'):
        find_runtime("tpu", load_runtimes(written(CPU)))


def test_without_docker_and_bubblewrap_the_error_names_both(monkeypatch):
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


def test_an_engine_that_is_not_the_runtimes_is_refused():
    with pytest.raises(NoSandbox, match="gpu does not run on bubblewrap"):
        open_sandbox("gpu", "bubblewrap")


def gpu(written, extra=""):
    return load_runtimes(written(GPU + extra))["gpu"]


def test_nvidia_toolkit_gives_each_worker_its_own_gpu(written):
    requests = [gpu_host_config(gpu(written), slot)["DeviceRequests"][0] for slot in (0, 1)]

    assert [request["DeviceIDs"] for request in requests] == [["0"], ["1"]]
    assert requests[0]["Driver"] == "nvidia"
    assert requests[0]["Capabilities"] == [["compute", "utility"]]


def test_more_workers_than_gpus_is_an_error(written):
    with pytest.raises(SandboxError, match=r"worker process 3 of \[gpu\] has no GPU: start at most 2"):
        gpu_host_config(gpu(written), 2)


def test_cdi_requests_a_gpu_by_its_name(written):
    text = GPU.replace('"nvidia"', '"cdi"').replace('"0", "1"', '"nvidia.com/gpu=0", "nvidia.com/gpu=1"')
    runtime = load_runtimes(written(text))["gpu"]

    request = gpu_host_config(runtime, 1)["DeviceRequests"][0]

    assert (request["Driver"], request["DeviceIDs"]) == ("cdi", ["nvidia.com/gpu=1"])


def test_device_files_come_with_the_driver_read_only(written):
    text = GPU.replace('"nvidia"', '"devices"') + 'devices = ["/dev/nvidiactl"]\ndriver_folder = "/opt/driver"\n'
    runtime = load_runtimes(written(text))["gpu"]

    config = gpu_host_config(runtime, 1)

    assert [device["PathOnHost"] for device in config["Devices"]] == ["/dev/nvidia1", "/dev/nvidiactl"]
    assert config["Binds"] == ["/opt/driver:/opt/chainrule/driver:ro"]
    assert gpu_environment(runtime) == {"LD_LIBRARY_PATH": "/opt/chainrule/driver"}


def test_the_supervisors_arguments_name_gpu_and_memory_cap(written):
    assert gpu_arguments(gpu(written, "gpu_memory_mb = 2048\n")) == ["--device", "cuda", "--gpu-memory-mb", "2048"]
    assert gpu_arguments(load_runtimes()["cpu"]) == []
    assert gpu_host_config(load_runtimes()["cpu"], 0) == {}
    assert load_runtimes()["cpu"].gpus is Gpus.NONE
