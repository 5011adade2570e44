"""Sandboxes, real and pretended."""

import pytest

from grader.sandboxes.select import open_sandbox


@pytest.fixture(
    scope="package",
    params=[
        pytest.param("docker", marks=pytest.mark.docker),
        pytest.param("bubblewrap", marks=pytest.mark.bubblewrap),
    ],
)
def sandbox(request):
    """A real warm sandbox, one for each engine and test process."""
    sandbox = open_sandbox("cpu", request.param)
    yield sandbox
    sandbox.close()
