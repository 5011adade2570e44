"""The breaker opens if no sandbox starts, and closes when a probe, a real process, has started one."""

import ctypes
import os
import sys
from multiprocessing.sharedctypes import RawArray, RawValue

import pytest
from celery import Celery
from kombu.asynchronous.timer import Timer

from grader.messaging import liveness
from grader.worker import circuit_breaker
from grader.worker.circuit_breaker import FAILURES, BreakerState, CircuitBreaker

QUEUES = ["grading.cpu", "regrading.cpu"]


class Consumer:
    """The part of Celery's consumer that a step uses: its queues, and a timer that the test advances."""

    def __init__(self):
        self.app = Celery("grader", set_as_current=False)
        self.app.amqp.queues.select(QUEUES)
        self.consumed = list(QUEUES)
        self.timer = Timer()

    def cancel_task_queue(self, queue):
        self.consumed.remove(queue)

    def add_task_queue(self, queue):
        self.consumed.append(queue)


@pytest.fixture(autouse=True)
def nothing_recorded(monkeypatch):
    """No pool child has recorded anything; probes start at once."""
    monkeypatch.setattr(circuit_breaker, "_failures_in_a_row", RawValue(ctypes.c_int, 0))
    monkeypatch.setattr(circuit_breaker, "_reason", RawArray(ctypes.c_char, 500))
    monkeypatch.setattr(circuit_breaker, "_replacements", RawArray(ctypes.c_ulong, 1024))
    monkeypatch.setattr(circuit_breaker, "state", BreakerState())
    monkeypatch.setattr(circuit_breaker, "PROBE_INTERVAL", 0.0)


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
    """Make every probe run a line of shell from now on."""

    def runs(line):
        path = tmp_path / "python"
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(path))

    return runs


def in_a_child(record, *arguments):
    """Record something as a pool child does: in another process."""
    pid = os.fork()
    if pid == 0:
        try:
            record(*arguments)
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0


def open_breaker(step, consumer, why="no Docker engine answers"):
    for _ in range(FAILURES):
        in_a_child(circuit_breaker.record_failure, why)
    step.tick(consumer)


def run_probe(step, consumer):
    """Start a probe, wait for its end, and read its result."""
    step.tick(consumer)
    step._probe.wait()
    step.tick(consumer)


def is_open():
    (gauge,) = circuit_breaker.state.collect()
    return gauge.samples[0].value


def test_an_open_breaker_cancels_the_queues_and_reports_why(step, consumer, file):
    open_breaker(step, consumer)

    assert consumer.consumed == []
    assert liveness.trouble(file) == ""
    assert liveness.trouble(file, taking=True) == "the worker takes no jobs: no Docker engine answers"
    assert step.info(consumer)["chainrule"]["out"] == "no Docker engine answers"
    assert step.info(consumer)["chainrule"]["since"].endswith("+00:00")
    assert is_open() == 1


def test_one_success_in_between_keeps_the_breaker_closed(step, consumer, file):
    for _ in range(FAILURES):
        in_a_child(circuit_breaker.record_failure, "it was slow")
        in_a_child(circuit_breaker.record_success)
    step.tick(consumer)

    assert consumer.consumed == QUEUES
    assert liveness.trouble(file, taking=True) == ""
    assert step.info(consumer)["chainrule"] == {"out": "", "since": None, "replaced": 0}
    assert is_open() == 0


@pytest.mark.parametrize(
    ("recorded", "why"), [(" ", "no sandbox starts"), ("é" * 600, "é" * 249 + "\N{REPLACEMENT CHARACTER}")]
)
def test_an_empty_or_long_reason_is_reported(step, consumer, recorded, why):
    open_breaker(step, consumer, recorded)

    assert step.info(consumer)["chainrule"]["out"] == why


def test_a_successful_probe_closes_the_breaker_and_resets_the_count(step, consumer, file, probe):
    probe('[ "$*" = "-m grader probe" ]')
    open_breaker(step, consumer)

    run_probe(step, consumer)

    assert consumer.consumed == QUEUES
    assert liveness.trouble(file, taking=True) == ""
    assert is_open() == 0
    in_a_child(circuit_breaker.record_failure, "once more")
    step.tick(consumer)
    assert consumer.consumed == QUEUES


def test_after_a_failed_probe_the_next_one_waits(step, consumer, probe, monkeypatch):
    probe("exit 3")
    open_breaker(step, consumer)
    run_probe(step, consumer)
    assert consumer.consumed == []

    monkeypatch.setattr(circuit_breaker, "PROBE_INTERVAL", 3600.0)
    step.tick(consumer)
    assert step._probe is None

    probe("exit 0")
    monkeypatch.setattr(circuit_breaker, "PROBE_INTERVAL", 0.0)
    run_probe(step, consumer)
    assert consumer.consumed == QUEUES


def test_a_probe_that_hangs_is_killed(step, consumer, probe, monkeypatch):
    probe("exec sleep 600")
    open_breaker(step, consumer)
    step.tick(consumer)
    hanging = step._probe
    step.tick(consumer)
    assert hanging.poll() is None

    monkeypatch.setattr(circuit_breaker, "PROBE_TIMEOUT", -1.0)
    step.tick(consumer)
    assert hanging.wait(10) < 0

    step.tick(consumer)
    assert consumer.consumed == []
    assert step._probe is None


def test_a_worker_that_stops_kills_its_probe(step, consumer, probe):
    probe("exec sleep 600")
    open_breaker(step, consumer)
    step.tick(consumer)
    hanging = step._probe

    step.stop(consumer)

    assert hanging.returncode < 0


def test_the_step_ticks_until_its_connection_ends(step, consumer):
    (tick,) = (scheduled.entry for scheduled in consumer.timer.queue)
    for _ in range(FAILURES):
        in_a_child(circuit_breaker.record_failure, "gone")

    tick()
    assert consumer.consumed == []

    step.stop(consumer)
    assert tick.canceled


def test_replacements_are_added_up_over_the_children(step, consumer):
    for _ in range(2):
        in_a_child(circuit_breaker.record_replacement, "worn")

    assert step.info(consumer)["chainrule"]["replaced"] == 2
