"""Parts are killed during grading: every submission is still graded once and correctly, without an operator."""

import os

import pytest

from deploy.dev.debian import find
from tests.chaos.drill import drill
from tests.chaos.engine import own_engine
from tests.chaos.faults import ENGINE, KILLS
from tests.support.stage import stage

pytestmark = [pytest.mark.slow, pytest.mark.docker, pytest.mark.postgres]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with stage(tmp_path_factory.mktemp("stage")) as running:
        yield running


# `make nightly` kills the other parts.
ALWAYS = {"kill a pool child", "kill a container", "kill the grading worker", "kill the records worker", "kill Redis"}
ROWS = [pytest.param(fault, marks=[] if fault.name in ALWAYS else [pytest.mark.nightly]) for fault in KILLS]


@pytest.mark.parametrize("fault", ROWS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_a_kill_loses_and_doubles_nothing(running, fault):
    print(drill(running, fault))

    assert running.wrongs() == []


@pytest.fixture
def with_own_engine(tmp_path):
    with own_engine(tmp_path) as engine, stage(tmp_path, engine=engine, env={"DOCKER_HOST": engine.host}) as running:
        yield running


@pytest.mark.nightly
@pytest.mark.skipif(os.geteuid() != 0 or not find("dockerd"), reason="needs root and dockerd for an engine of its own")
def test_a_killed_engine_loses_no_submission_and_is_used_again(with_own_engine):
    it = with_own_engine

    print(drill(it, named("kill the engine")))
    it.until(it.parts["engine"].answers, name="the engine", seconds=60)
    print(drill(it, named("kill a container")))

    assert it.wrongs() == []
    assert it.parts["engine"].starts == 2


def named(name):
    (fault,) = (fault for fault in [*KILLS, *ENGINE] if fault.name == name)
    return fault
