"""One warm sandbox with a GPU. `make gpu-test` runs these tests, and all others that are run on each engine."""

import pytest

from grader.sandboxes.select import open_sandbox


@pytest.fixture(scope="session")
def sandbox():
    sandbox = open_sandbox("gpu")
    yield sandbox
    sandbox.close()
