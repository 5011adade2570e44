"""The clock of a run, with an artificial time."""

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.sandboxes.run_clock import MAX_STRETCH, RunClock

LIMIT = 10.0
TINY = 1e-6


class Time:
    """A clock that a test moves."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def clock(time):
    clock = RunClock(LIMIT, clock=time)
    with clock.running():
        yield clock


SECONDS = st.floats(min_value=0, max_value=8)
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("heartbeat"), SECONDS, st.floats(min_value=-1, max_value=2)),
        st.tuples(st.just("output"), SECONDS, st.just(0.0)),
        st.tuples(st.just("nothing"), SECONDS, st.just(0.0)),
        st.tuples(st.just("pause"), SECONDS, st.just(0.0)),
    ),
    max_size=60,
)


def play(clock, time, events):
    """Let a run go through these events until its end; return how long it ran, without the pauses."""
    ran, waited, stack = 0.0, 0.0, ExitStack()
    stack.enter_context(clock.running())
    for kind, seconds, share in events:
        if kind == "pause":
            stack.close()
            time.now += seconds
            stack.enter_context(clock.running())
            continue
        before = time.now
        time.now = min(time.now + seconds, max(clock.end, time.now))
        ran += time.now - before
        if kind == "heartbeat":
            waited += share * (time.now - before)
            clock.saw_activity()
            clock.saw_waiting(max(waited, 0.0))
        elif kind == "output":
            clock.saw_activity()
        yield ran
    stack.close()


@given(EVENTS)
def test_no_run_lasts_longer_than_three_times_its_limit(events):
    time = Time()
    clock = RunClock(LIMIT, clock=time)
    for ran in play(clock, time, events):
        assert ran <= MAX_STRETCH * LIMIT + TINY
        assert clock.end <= clock.last_end + TINY


@given(EVENTS)
def test_a_run_is_charged_for_no_more_than_passed(events):
    time = Time()
    clock = RunClock(LIMIT, clock=time)
    for ran in play(clock, time, events):
        assert -TINY <= clock.passed() <= ran + TINY


@given(st.lists(st.tuples(st.floats(min_value=0.01, max_value=0.9), st.booleans()), min_size=1, max_size=60))
def test_a_quiet_machine_excuses_nothing(parts):
    time = Time()
    clock, ran = RunClock(LIMIT, clock=time), 0.0
    for seconds, heartbeat in parts:
        with clock.running():
            time.now += seconds
            ran += seconds
            clock.saw_activity()
            if heartbeat:
                clock.saw_waiting(0.0)

    assert clock.passed() == pytest.approx(ran)


@given(st.floats(min_value=0, max_value=0.6))
def test_a_share_of_waiting_stretches_a_run_by_as_much(share):
    time = Time()
    clock, waited = RunClock(LIMIT, clock=time), 0.0
    with clock.running():
        began = time.now
        while clock.end > time.now + 0.2:
            time.now += 0.2
            waited += 0.2 * share
            clock.saw_activity()
            clock.saw_waiting(waited)
        took = clock.end - began

    assert took == pytest.approx(LIMIT / (1 - share), abs=0.5)
    assert clock.had_enough


def test_a_stall_is_not_charged(clock, time):
    time.now += 8
    clock.saw_activity()

    assert (clock.passed(), clock.end) == (0, 118)


def test_waiting_in_a_stall_is_excused_once(clock, time):
    time.now += 8
    clock.saw_activity()
    clock.saw_waiting(7.0)

    assert clock.passed() == 0
    time.now += 1
    clock.saw_activity()
    clock.saw_waiting(7.5)
    assert clock.passed() == pytest.approx(0.0)


def test_waiting_after_a_stall_is_excused_beside_it(clock, time):
    time.now += 4
    clock.saw_activity()
    clock.saw_waiting(0.0)
    time.now += 0.5
    clock.saw_waiting(0.25)

    assert clock.passed() == pytest.approx(0.25)


def test_a_run_that_only_waits_never_had_enough(clock, time):
    while time.now < clock.last_end - 0.2:
        time.now += 0.2
        clock.saw_activity()
        clock.saw_waiting(0.9 * (time.now - 100))

    assert clock.end == clock.last_end
    assert not clock.had_enough


def test_half_of_the_limit_is_enough_at_the_last_end(clock, time):
    while time.now < clock.last_end - 0.2:
        time.now += 0.2
        clock.saw_activity()
        clock.saw_waiting(0.8 * (time.now - 100))

    assert clock.end == clock.last_end
    assert clock.had_enough


def test_nothing_is_enough_after_a_stall(clock, time):
    for _ in range(3):
        time.now += 8
        clock.saw_activity()
    while time.now < clock.last_end:
        time.now += 0.5
        clock.saw_activity()

    assert clock.passed() >= LIMIT / 2
    assert not clock.had_enough


def test_a_pause_is_not_charged(time):
    clock = RunClock(LIMIT, clock=time)
    for _ in range(3):
        with clock.running():
            time.now += 0.5
            clock.saw_activity()
        time.now += 100

    assert clock.passed() == pytest.approx(1.5)


def test_half_of_the_time_follows_the_end(clock, time):
    assert clock.half == 105
    time.now += 2
    clock.saw_activity()
    clock.saw_waiting(1.0)
    assert clock.half == clock.end - LIMIT / 2
