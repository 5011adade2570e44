"""One warm sandbox for each engine, for all the attacks of a test process."""

import docker
import pytest

from grader.sandboxes.select import open_sandbox
from tests.support.engines import ENGINES, GPU


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
