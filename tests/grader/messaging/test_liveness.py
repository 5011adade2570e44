"""What a health check finds out about a worker, by the command that it runs."""

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


def check(*words):
    return subprocess.run(
        [sys.executable, "-m", "grader.messaging.liveness", *words], capture_output=True, text=True, check=False
    )


def test_a_worker_that_just_reported_is_well(file):
    liveness.record_alive()

    assert check("--taking").returncode == 0


def test_a_worker_reports_until_its_connection_ends(file):
    consumer = SimpleNamespace(timer=Timer())
    step = Heartbeat(consumer)
    step.stop(consumer)  # as if the connection failed before it began

    step.start(consumer)
    assert liveness.trouble(file) == ""

    (tick,) = (scheduled.entry for scheduled in consumer.timer.queue)
    file.unlink()
    tick()
    assert liveness.trouble(file) == ""

    step.stop(consumer)
    assert tick.canceled


def test_a_paused_worker_is_alive_but_takes_nothing(file):
    liveness.record_alive("no Docker engine answers")

    assert check().returncode == 0
    taking = check("--taking")
    assert (taking.returncode, taking.stderr) == (1, "the worker takes no jobs: no Docker engine answers\n")


def test_a_worker_that_stopped_reporting_is_not_well(file):
    liveness.record_alive()

    assert "has not reported" in liveness.trouble(file, timeout=-1)


@pytest.mark.parametrize("text", ["", "[]", '{"at": "now", "paused": ""}'])
def test_a_file_that_no_worker_wrote_fails_the_check(file, text):
    file.write_text(text)

    assert check().returncode == 1


def test_without_a_file_the_error_names_the_variable(monkeypatch):
    monkeypatch.delenv(liveness.VARIABLE, raising=False)

    assert check().stderr == "CHAINRULE_HEALTH_FILE names no file\n"


def test_a_beat_without_a_file_writes_nothing(monkeypatch, tmp_path):
    monkeypatch.delenv(liveness.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)

    liveness.record_alive()

    assert list(tmp_path.iterdir()) == []
