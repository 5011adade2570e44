"""What counts as waiting for others: measured on real processes of this machine, and on figures."""

import os
import signal
import time
from dataclasses import replace

import pytest

from grader.harness.supervisor import watch
from grader.harness.supervisor.watch import ProcessorTime, _Tasks

MS = 1_000_000
BEFORE = _Tasks(at=0, last_pid=b"9", main_ran=0, main_waited=0, ran={1: 0, 2: 0})


@pytest.fixture
def measured(monkeypatch):
    """A function that returns what is measured if the tasks look like this, one after another."""

    def measure(*looks):
        monkeypatch.setattr(_Tasks, "look_at_main", lambda _: looks[0])
        time_of_run = ProcessorTime(1)
        for look in looks[1:]:
            monkeypatch.setattr(_Tasks, "look", lambda _, look=look: look)
            time_of_run.sample()
        return time_of_run.waited, time_of_run.used

    return measure


def later(before, milliseconds, *, ran, waited, others=(0, 0), **changed):
    """The tasks some time after `before`, with what they did in between, in milliseconds."""
    return replace(
        before,
        at=before.at + milliseconds * MS,
        main_ran=before.main_ran + ran * MS,
        main_waited=before.main_waited + waited * MS,
        ran={task: value + other * MS for (task, value), other in zip(before.ran.items(), others, strict=True)},
        **changed,
    )


def test_waiting_for_other_processes_counts(measured):
    assert measured(BEFORE, later(BEFORE, 200, ran=50, waited=150)) == (150, 50)


def test_waiting_for_its_own_does_not_count(measured):
    assert measured(BEFORE, later(BEFORE, 200, ran=50, waited=150, others=(75, 75))) == (0, 200)


def test_waiting_for_both_counts_in_part(measured):
    assert measured(BEFORE, later(BEFORE, 200, ran=40, waited=160, others=(20, 20))) == (120, 80)


def test_its_own_can_use_several_processors_at_once(measured):
    first = later(BEFORE, 200, ran=200, waited=0, others=(200, 200))
    second = later(first, 1000, ran=100, waited=900)

    assert measured(BEFORE, first, second) == (700, 700)


def test_waiting_that_is_counted_late_changes_nothing(measured):
    # The kernel counts a wait when it ends, and then the others have long been seen.
    first = later(BEFORE, 200, ran=0, waited=0, others=(200, 0))
    second = later(first, 200, ran=50, waited=350, others=(150, 0))

    assert measured(BEFORE, first, second)[0] == 0


def test_a_new_process_could_have_been_the_reason(measured):
    after = later(BEFORE, 200, ran=20, waited=180, last_pid=b"10")

    assert measured(BEFORE, after)[0] == 0
    assert measured(BEFORE, after, later(after, 200, ran=20, waited=180))[0] == 160


def test_a_process_that_ended_could_have_been_the_reason(measured):
    after = replace(later(BEFORE, 200, ran=20, waited=180), ran={1: 0})

    assert measured(BEFORE, after)[0] == 0


def test_without_the_kernels_figures_nothing_counts(measured):
    assert measured(None, None) == (0, 0)


def test_a_spinning_process_uses_a_processor():
    child = os.fork()
    if child == 0:
        while True:
            pass
    try:
        used = ProcessorTime(child)
        began = time.process_time_ns()
        deadline = time.monotonic() + 30
        while used.used < 100 and time.monotonic() < deadline:
            time.sleep(0.05)
            used.sample()
        assert used.used >= 100
        assert time.process_time_ns() - began < 10_000 * MS
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_an_ended_process_has_no_figures():
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)

    assert watch._Tasks.look_at_main(child) is None
    assert watch._Tasks.look(child) is None
