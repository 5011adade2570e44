"""A worker whose sandboxes do not start goes home, and comes back once a probe, a real process, says that they do."""

import ctypes
import os
import sys
from multiprocessing.sharedctypes import RawArray, RawValue

import pytest
from celery import Celery
from kombu.asynchronous.timer import Timer

from grader.messaging import liveness
from grader.worker import circuit_breaker
from grader.worker.circuit_breaker import FAILURES, BreakerCollector, CircuitBreaker

QUEUES = ["grading.cpu", "regrading.cpu"]


class Consumer:
    """As much of Celery's consumer as a step uses: which queues it listens to, and a timer that the test turns."""

    def __init__(self):
        self.app = Celery("grader", set_as_current=False)
        self.app.amqp.queues.select(QUEUES)
        self.heard = list(QUEUES)
        self.timer = Timer()

    def cancel_task_queue(self, queue):
        self.heard.remove(queue)

    def add_task_queue(self, queue):
        self.heard.append(queue)


@pytest.fixture(autouse=True)
def nothing_noted(monkeypatch):
    """What pool children note, empty; probes begin at once."""
    monkeypatch.setattr(circuit_breaker, "_in_a_row", RawValue(ctypes.c_int, 0))
    monkeypatch.setattr(circuit_breaker, "_reason", RawArray(ctypes.c_char, 500))
    monkeypatch.setattr(circuit_breaker, "_replaced", RawArray(ctypes.c_ulong, 1024))
    monkeypatch.setattr(circuit_breaker, "standing", BreakerCollector())
    monkeypatch.setattr(circuit_breaker, "PROBE_AGAIN", 0.0)


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setenv(liveness.VARIABLE, str(tmp_path / "health.json"))
    return tmp_path / "health.json"


@pytest.fixture
def consumer():
    return Consumer()


@pytest.fixture
def step(consumer):
    step = CircuitBreaker(consumer)
    step.start(consumer)
    yield step
    step.stop(consumer)


@pytest.fixture
def probe(tmp_path, monkeypatch):
    """Have every probe run a line of shell from now on."""

    def runs(line):
        path = tmp_path / "python"
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(path))

    return runs


def in_a_child(note, *arguments):
    """Note something as a pool child does: in another process."""
    pid = os.fork()
    if pid == 0:
        try:
            note(*arguments)
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0


def goes_home(step, consumer, why="no Docker engine answers"):
    for _ in range(FAILURES):
        in_a_child(circuit_breaker.failed, why)
    step.look(consumer)


def probed(step, consumer):
    """Begin a probe, wait for its end, and look what it said."""
    step.look(consumer)
    step._probe.wait()
    step.look(consumer)


def told():
    (gauge,) = circuit_breaker.standing.collect()
    return gauge.samples[0].value


def test_a_worker_whose_sandboxes_do_not_start_leaves_its_queues_and_says_why(step, consumer, file):
    goes_home(step, consumer)

    assert consumer.heard == []
    assert liveness.trouble(file) == ""
    assert liveness.trouble(file, taking=True) == "the worker takes no jobs: no Docker engine answers"
    assert step.info(consumer)["chainrule"]["out"] == "no Docker engine answers"
    assert step.info(consumer)["chainrule"]["since"].endswith("+00:00")
    assert told() == 1


def test_one_that_started_in_between_keeps_the_worker_at_work(step, consumer, file):
    for _ in range(FAILURES):
        in_a_child(circuit_breaker.failed, "it was slow")
        in_a_child(circuit_breaker.succeeded)
    step.look(consumer)

    assert consumer.heard == QUEUES
    assert liveness.trouble(file, taking=True) == ""
    assert step.info(consumer)["chainrule"] == {"out": "", "since": None, "replaced": 0}
    assert told() == 0


@pytest.mark.parametrize(
    ("said", "why"), [(" ", "no sandbox starts"), ("é" * 600, "é" * 249 + "\N{REPLACEMENT CHARACTER}")]
)
def test_a_reason_that_is_empty_or_long_can_still_be_told(step, consumer, said, why):
    goes_home(step, consumer, said)

    assert step.info(consumer)["chainrule"]["out"] == why


def test_a_worker_comes_back_when_a_probe_starts_a_sandbox_and_counts_anew(step, consumer, file, probe):
    probe('[ "$*" = "-m grader probe" ]')
    goes_home(step, consumer)

    probed(step, consumer)

    assert consumer.heard == QUEUES
    assert liveness.trouble(file, taking=True) == ""
    assert told() == 0
    in_a_child(circuit_breaker.failed, "once more")
    step.look(consumer)
    assert consumer.heard == QUEUES


def test_after_a_probe_that_failed_the_next_one_waits_for_its_time(step, consumer, probe, monkeypatch):
    probe("exit 3")
    goes_home(step, consumer)
    probed(step, consumer)
    assert consumer.heard == []

    monkeypatch.setattr(circuit_breaker, "PROBE_AGAIN", 3600.0)
    step.look(consumer)
    assert step._probe is None

    probe("exit 0")
    monkeypatch.setattr(circuit_breaker, "PROBE_AGAIN", 0.0)
    probed(step, consumer)
    assert consumer.heard == QUEUES


def test_a_probe_that_hangs_is_waited_for_and_then_killed(step, consumer, probe, monkeypatch):
    probe("exec sleep 600")
    goes_home(step, consumer)
    step.look(consumer)
    hanging = step._probe
    step.look(consumer)
    assert hanging.poll() is None

    monkeypatch.setattr(circuit_breaker, "PROBE_PATIENCE", -1.0)
    step.look(consumer)
    assert hanging.wait(10) < 0

    step.look(consumer)
    assert consumer.heard == []
    assert step._probe is None


def test_a_worker_that_stops_takes_its_probe_along(step, consumer, probe):
    probe("exec sleep 600")
    goes_home(step, consumer)
    step.look(consumer)
    hanging = step._probe

    step.stop(consumer)

    assert hanging.returncode < 0


def test_a_worker_looks_again_and_again_until_its_connection_ends(step, consumer):
    (turn,) = (scheduled.entry for scheduled in consumer.timer.queue)
    for _ in range(FAILURES):
        in_a_child(circuit_breaker.failed, "gone")

    turn()
    assert consumer.heard == []

    step.stop(consumer)
    assert turn.canceled


def test_sandboxes_that_were_thrown_away_are_added_up_over_the_children(step, consumer):
    for _ in range(2):
        in_a_child(circuit_breaker.replaced, "worn")

    assert step.info(consumer)["chainrule"]["replaced"] == 2
