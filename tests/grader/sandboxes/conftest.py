"""A real sandbox for each engine."""

import pytest

from grader.sandboxes.select import open_sandbox
from tests.support.engines import ENGINES, GPU


@pytest.fixture(
    scope="package",
    params=[
        pytest.param("docker", marks=pytest.mark.docker),
        pytest.param("bubblewrap", marks=pytest.mark.bubblewrap),
        *GPU,
    ],
)
def sandbox(request):
    """A real warm sandbox, one for each engine and test process."""
    sandbox = open_sandbox(*ENGINES[request.param])
    yield sandbox
    sandbox.close()
