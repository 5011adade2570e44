"""One warm sandbox with a GPU. `make gpu-test` runs these tests, and all tests that run on every engine."""

import pytest

from grader.sandboxes.select import open_sandbox


@pytest.fixture(scope="session")
def sandbox():
    sandbox = open_sandbox("gpu")
    yield sandbox
    sandbox.close()
