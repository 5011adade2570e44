"""One warm sandbox for each engine, for all the attacks of a test process.

A sandbox of gVisor takes several seconds to start, and most attacks end theirs. So `make test` runs only those that try
what gVisor itself must prevent: it runs all the others on Docker and bubblewrap, and `make nightly` on gVisor.
"""

import docker
import pytest

from grader.sandboxes.select import open_sandbox
from tests.support.engines import ENGINES, GPU

# The attacks on the kernel, on other processes and on limits.
ON_GVISOR_ALWAYS = {
    "become_root",
    "device_nodes",
    "disk_fill",
    "dns",
    "docker_socket",
    "endless_loop",
    "forbidden_system_calls",
    "fork_bomb",
    "kernel_files",
    "leave_files",
    "memory_bomb",
    "mounts",
    "namespaces",
    "proc_of_others",
    "process_that_outlives",
    "ptrace",
    "setuid_files",
    "sockets",
    "undo_confinement",
    "writable_places",
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if hasattr(item, "callspec") and is_for_the_night(item.callspec.params):
            item.add_marker(pytest.mark.nightly)


def is_for_the_night(params):
    """Whether a test runs on gVisor, but need not run there each time."""
    return params.get("engine") == "runsc" and params.get("attack") not in ON_GVISOR_ALWAYS


@pytest.fixture(
    scope="session",
    params=[
        pytest.param("docker", marks=pytest.mark.docker),
        pytest.param("bubblewrap", marks=pytest.mark.bubblewrap),
        pytest.param("runsc", marks=pytest.mark.docker),
        *GPU,
    ],
)
def engine(request) -> str:
    """The engine's name in expected.toml."""
    return request.param


@pytest.fixture(scope="session")
def sandbox(engine):
    if engine == "runsc" and not has_gvisor():
        pytest.skip("needs a Docker engine with gVisor")
    sandbox = open_sandbox(*ENGINES[engine])
    yield sandbox
    sandbox.close()


def has_gvisor() -> bool:
    client = docker.from_env()
    try:
        return "runsc" in client.info()["Runtimes"]
    finally:
        client.close()
