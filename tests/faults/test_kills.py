"""Parts die in the middle of things: every submission is graded once, as if nothing had been, and without a hand."""

import pytest

from tests.faults.drill import drill
from tests.faults.faults import KILLS
from tests.faults.stage import stage

pytestmark = [pytest.mark.slow, pytest.mark.docker, pytest.mark.postgres]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with stage(tmp_path_factory.mktemp("stage")) as running:
        yield running


@pytest.mark.parametrize("fault", KILLS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_a_kill_loses_doubles_and_changes_nothing(running, fault):
    print(drill(running, fault))

    assert running.wrongs() == []
