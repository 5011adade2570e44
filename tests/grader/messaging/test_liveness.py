"""What a health check learns of a worker, by the command that it would run."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
from kombu.asynchronous.timer import Timer

from grader.messaging import liveness
from grader.messaging.heartbeat import Heartbeat


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setenv(liveness.VARIABLE, str(tmp_path / "health.json"))
    return tmp_path / "health.json"


def ask(*words):
    return subprocess.run(
        [sys.executable, "-m", "grader.messaging.liveness", *words], capture_output=True, text=True, check=False
    )


def test_a_worker_that_was_just_heard_of_is_well(file):
    liveness.beat()

    assert ask("--taking").returncode == 0


def test_a_worker_is_heard_of_at_once_and_at_every_turn_until_its_connection_ends(file):
    consumer = SimpleNamespace(timer=Timer())
    step = Heartbeat(consumer)
    step.stop(consumer)  # as where the connection failed before it began

    step.start(consumer)
    assert liveness.trouble(file) == ""

    (turn,) = (scheduled.entry for scheduled in consumer.timer.queue)
    file.unlink()
    turn()
    assert liveness.trouble(file) == ""

    step.stop(consumer)
    assert turn.canceled


def test_a_worker_that_is_out_lives_but_takes_nothing(file):
    liveness.beat("no Docker engine answers")

    assert ask().returncode == 0
    taking = ask("--taking")
    assert (taking.returncode, taking.stderr) == (1, "the worker takes no jobs: no Docker engine answers\n")


def test_a_silent_worker_is_not_well(file):
    liveness.beat()

    assert "nothing was heard" in liveness.trouble(file, patience=-1)


@pytest.mark.parametrize("text", ["", "[]", '{"at": "now", "out": ""}'])
def test_a_file_that_no_worker_wrote_tells_of_no_worker(file, text):
    file.write_text(text)

    assert ask().returncode == 1


def test_without_a_file_it_is_said_which_variable_names_it(monkeypatch):
    monkeypatch.delenv(liveness.VARIABLE, raising=False)

    assert ask().stderr == "CHAINRULE_HEALTH_FILE names no file\n"


def test_where_no_file_is_named_a_beat_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.delenv(liveness.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)

    liveness.beat()

    assert list(tmp_path.iterdir()) == []
