"""A running system: real Redis, real processes, a real sandbox."""

import pytest

from tests.support.system import whole_system


@pytest.fixture(autouse=True)
def exercises():
    """The real catalogue; other tests use a small one."""


@pytest.fixture(scope="module")
def idle(tmp_path_factory):
    """A whole system in which no grader runs."""
    with whole_system(tmp_path_factory.mktemp("system")) as system:
        yield system
