"""Chainrule on several machines: a link is cut, and a grader's host vanishes. `make faults` tries all else."""

import os

import pytest

from deploy.dev.debian import find
from tests.chaos.drill import drill
from tests.chaos.faults import cut, vanish
from tests.support.machines import PROGRAMS, machines

pytestmark = [pytest.mark.slow, pytest.mark.nightly, pytest.mark.bubblewrap, pytest.mark.postgres]


@pytest.mark.skipif(os.geteuid() != 0 or not all(map(find, PROGRAMS)), reason="needs root for hosts of its own")
def test_a_cut_link_and_a_vanished_grader_lose_nothing(tmp_path):
    with machines(tmp_path, websites=("web1",), graders=("grading1", "grading2")) as it:
        print(drill(it, cut("grading1", "redis", lasts=8), slow_ones=1))
        print(drill(it, vanish("grading2"), slow_ones=1))

        assert it.wrongs() == []
