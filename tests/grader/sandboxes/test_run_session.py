"""Conversations with a pretended keeper: every way in which a run can end, and who is to blame."""

import json
import threading
import time

import pytest
import torch

from grader.errors import SandboxError
from grader.harness.wire.frames import HEADER, FrameKind, FrameReader
from grader.harness.wire.values import Encoder, pack
from grader.protocol.reports import Outcome
from grader.sandboxes import run_session
from grader.sandboxes.base import Call, Limits, Program
from grader.sandboxes.run_session import RunClock, RunSession
from tests.support.pretended_engine import Supervisor

HUGE = 10**4000  # JSON holds it, and no float does
RAISED = {"type": "E", "message": "no", "line": None, "traceback": "no"}
QUICK = Limits(wall_seconds=0.2)


@pytest.fixture
def keeper():
    keeper = Supervisor()
    yield keeper
    keeper.cell.stop()


def talk(keeper, limits=QUICK, **more):
    return RunSession(keeper.cell, Program(source="def f(): pass", entries=("f",)), limits, **more)


def observation(value, **other):
    encoder = Encoder()
    document = {"value": encoder.encode(value), "error": None, "graph": None, "seconds": 0.1, "modified": []} | other
    return FrameKind.OBSERVATION, pack(document, encoder.tensors)


def ended(keeper, *said, ready=True, **end):
    """The ending of a run of one call in which the child said this."""
    if ready:
        keeper.child_is_ready()
    keeper.child_says(*said)
    keeper.say_end(**end)
    run = talk(keeper)
    run.observe([Call(entry="f")])
    run.finish()
    return run


def test_answers_are_read_in_order(keeper):
    keeper.child_is_ready()
    keeper.child_says(observation(torch.ones(2)), observation({"a": 1}, modified=[0]))
    run = talk(keeper)

    first, second = run.observe([Call(entry="f"), Call(entry="f")])

    assert first.value.tolist() == [1.0, 1.0]
    assert second.value == {"a": 1}
    assert second.modified == (0,)


def test_the_child_is_told_its_limits_the_source_and_the_calls(keeper):
    keeper.child_is_ready()
    run = talk(keeper)
    run.observe([Call(entry="f", args=(1,))])

    (opening, caps), (data, program) = keeper.heard()
    for_the_child = FrameReader(dict.fromkeys(FrameKind, 10_000)).feed(program)

    assert (opening, data) == (FrameKind.OPEN, FrameKind.DATA)
    assert json.loads(caps)["processes"] == QUICK.processes
    assert [kind for kind, _ in for_the_child] == [FrameKind.SETUP, FrameKind.SOURCE, FrameKind.CALLS]


def test_a_run_that_has_answered_everything_ends_well_without_waiting(keeper):
    keeper.child_is_ready()
    keeper.child_says(observation(1))
    run = talk(keeper)
    run.observe([Call(entry="f")])

    run.finish()

    assert run.ending.outcome is Outcome.GRADED


@pytest.mark.parametrize(
    "end",
    [{}, {"leaked_processes": 1}, {"leaked_files": ["/x"]}, {"oom_kills": 1}, {"exit": 1}, {"fork_server_died": True}],
)
def test_a_cell_serves_again_only_where_nothing_is_left(keeper, end):
    run = ended(keeper, observation(1), **end)

    assert run.ending.outcome is Outcome.GRADED
    assert run.settle() is (end == {})


def test_a_submission_that_nobody_asked_anything_has_ended_well_though_it_lingers(keeper, monkeypatch):
    monkeypatch.setattr("grader.sandboxes.run_session._GRACE_SECONDS", 0.05)
    keeper.child_is_ready()
    run = talk(keeper)

    run.finish()

    assert (run.ending.outcome, run.ending.evidence) == (Outcome.GRADED, {"lingered": True})


def test_nobody_hears_how_a_run_ended_before_it_has(keeper):
    with pytest.raises(RuntimeError, match="not ended yet"):
        _ = talk(keeper).ending


def test_a_keeper_that_never_ends_does_not_serve_again(keeper, monkeypatch):
    monkeypatch.setattr("grader.sandboxes.run_session._GRACE_SECONDS", 0.05)
    keeper.child_is_ready()
    keeper.child_says(observation(1))
    run = talk(keeper)
    run.observe([Call(entry="f")])
    run.finish()

    assert run.settle() is False


def test_silence_is_a_time_out_at_the_call_that_runs(keeper):
    keeper.child_is_ready()
    keeper.child_says(observation(1))
    run = talk(keeper)

    answers = run.observe([Call(entry="f")] * 3)

    assert len(answers) == 1
    assert run.ending.outcome is Outcome.TIMED_OUT
    assert run.ending.unanswered == 1
    assert run.observe([Call(entry="f")]) == []
    assert run.settle() is False


def test_time_in_which_a_sandbox_stood_still_is_not_the_runs(keeper, monkeypatch):
    monkeypatch.setattr(run_session, "_SILENCE_SECONDS", 0.05)
    run = talk(keeper)

    def answer():
        keeper.child_is_ready()
        keeper.child_says(observation(1))

    late = threading.Timer(2 * QUICK.wall_seconds, answer)
    late.start()

    (answered,) = run.observe([Call(entry="f")])
    run.finish()
    late.join()

    assert (answered.value, run.ending.outcome) == (1, Outcome.GRADED)
    assert run.ending.seconds < QUICK.wall_seconds


def test_a_run_whose_sandbox_beats_has_its_time_and_no_more(keeper):
    keeper.child_is_ready()
    for _ in range(8):
        keeper.say(FrameKind.HEARTBEAT, b"0")

    run = talk(keeper)
    run.observe([Call(entry="f")])

    assert run.ending.outcome is Outcome.TIMED_OUT
    assert run.ending.seconds >= QUICK.wall_seconds


def test_beats_that_come_in_time_move_no_clock():
    now = 0.0
    clock = RunClock(10, clock=lambda: now)

    for now in (2.0, 4.9, 7.8, 9.9):  # noqa: B007 - the clock reads it
        clock.heard()

    assert (clock.end, clock.stands_still) == (10, False)


def test_a_child_that_ran_nothing_in_all_its_time_is_our_trouble(keeper):
    keeper.child_says((FrameKind.READY, b""))

    with pytest.raises(SandboxError, match="ran nothing"):
        talk(keeper).observe([Call(entry="f")])


def test_a_sandbox_that_is_never_heard_of_again_is_our_trouble(keeper, monkeypatch):
    monkeypatch.setattr(run_session, "_SILENCE_SECONDS", 0.05)
    monkeypatch.setattr(run_session, "_PATIENCE_SECONDS", 0.1)

    with pytest.raises(SandboxError, match="not heard of"):
        talk(keeper).observe([Call(entry="f")])


def test_a_grader_that_was_held_up_reads_what_was_answered_meanwhile(keeper):
    keeper.child_is_ready()
    keeper.child_says((FrameKind.PROGRESS, json.dumps({"call": 0}).encode()), observation(1))
    run = talk(keeper, on_progress=lambda _: time.sleep(2 * QUICK.wall_seconds))

    (answered,) = run.observe([Call(entry="f")])

    assert answered.value == 1


def test_time_that_a_run_waited_for_a_processor_is_not_its_own(keeper):
    keeper.say(FrameKind.HEARTBEAT, b"300")
    keeper.child_is_ready()
    run = talk(keeper)
    began = time.monotonic()

    run.observe([Call(entry="f")])

    assert run.ending.outcome is Outcome.TIMED_OUT
    assert time.monotonic() - began >= QUICK.wall_seconds + 0.3


def test_a_run_that_starves_itself_gains_a_bounded_time():
    clock = RunClock(10, starved=5, clock=lambda: 100.0)
    clock.heard(starved=5 + 999)

    assert clock.end == 100 + 10 + 20


def test_only_so_many_silences_are_taken_off():
    now = 0.0
    clock = RunClock(10, clock=lambda: now)
    for _ in range(5):
        now += 4
        clock.heard()

    assert (clock.passed(), clock.end, clock.half) == (20 - 12, 22, 17)


def test_a_run_that_takes_half_of_its_time_is_announced_once(keeper):
    announced = []
    keeper.child_is_ready()
    run = talk(keeper, on_delay=lambda: announced.append(1))

    run.observe([Call(entry="f")])

    assert announced == [1]


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        ({"exit": None, "signal": "SIGSEGV"}, Outcome.CRASHED),
        ({"exit": 0}, Outcome.CRASHED),
        ({"exit": 3}, Outcome.CRASHED),
        ({"exit": None, "signal": "SIGKILL"}, Outcome.CRASHED),
        ({"exit": None, "signal": "SIGKILL", "oom_kills": 1}, Outcome.OUT_OF_MEMORY),
        ({"exit": None, "signal": "SIGKILL", "cpu_seconds": 99}, Outcome.TIMED_OUT),
        ({"exit": None, "exceeded": "memory"}, Outcome.OUT_OF_MEMORY),
        ({"exit": None, "exceeded": "files"}, Outcome.CRASHED),
    ],
)
def test_what_the_keeper_saw_decides_how_a_run_ended(keeper, end, outcome):
    run = ended(keeper, **end)

    assert run.ending.outcome is outcome
    assert run.ending.unanswered == 0
    assert run.settle() is False


@pytest.mark.parametrize(("said", "memory"), [(b"cpu", "cpu"), (b"gpu", "gpu"), (b"???", "cpu")])
def test_memory_that_ran_out_is_told_apart(keeper, said, memory):
    run = ended(keeper, (FrameKind.EXHAUSTED, said), exit=86)

    assert run.ending.outcome is Outcome.OUT_OF_MEMORY
    assert run.ending.evidence["memory"] == memory


def test_a_refusal_to_load_is_ungradable_and_the_cell_serves_on(keeper):
    error = {"type": "SyntaxError", "message": "no", "line": 2, "traceback": "no"}
    loaded = json.dumps({"error": error, "missing": []}).encode()
    keeper.child_says((FrameKind.SANDBOXED, b""), (FrameKind.LOADED, loaded))

    run = ended(keeper, ready=False)

    assert run.ending.outcome is Outcome.UNGRADABLE
    assert run.ending.load_error.line == 2
    assert run.settle() is True


def test_an_exit_while_loading_is_ungradable_and_ends_the_cell(keeper):
    keeper.child_says((FrameKind.SANDBOXED, b""))

    run = ended(keeper, ready=False, exit=0)

    assert run.ending.outcome is Outcome.UNGRADABLE
    assert run.ending.load_error.type == "SystemExit"
    assert run.settle() is False


def test_a_child_that_fails_before_it_is_confined_is_our_trouble(keeper):
    with pytest.raises(SandboxError, match="before it ran anything"):
        ended(keeper, ready=False, exit=1)


def test_a_keeper_that_dies_in_the_middle_is_our_trouble(keeper):
    keeper.child_is_ready()
    keeper.die()

    with pytest.raises(SandboxError, match="has gone"):
        talk(keeper).observe([Call(entry="f")])


def test_a_sandbox_that_the_kernel_took_whole_for_memory_is_the_submissions_doing():
    keeper = Supervisor(out_of_memory=True)
    keeper.child_is_ready()
    keeper.die()
    run = talk(keeper)

    run.observe([Call(entry="f")])

    assert run.ending.outcome is Outcome.OUT_OF_MEMORY
    keeper.cell.stop()


@pytest.mark.parametrize("loaded", [b"{}", b"[", b'{"error": null, "missing": [3]}', b'{"error": 3, "missing": []}'])
def test_a_malformed_word_about_loading_is_a_crash_with_a_reason(keeper, loaded):
    run = ended(keeper, (FrameKind.READY, b""), (FrameKind.SANDBOXED, b""), (FrameKind.LOADED, loaded), ready=False)

    assert run.ending.outcome is Outcome.CRASHED
    assert run.ending.evidence["reason"] == "malformed_answer"


@pytest.mark.parametrize(
    "said",
    [
        (FrameKind.OBSERVATION, b"garbage"),
        (FrameKind.LOADED, b'{"error": null, "missing": []}'),
        observation(1, error=RAISED | {"message": 7}),
        (FrameKind.PROGRESS, b"not json"),
        (FrameKind.PROGRESS, b'{"call": "one"}'),
        (FrameKind.SANDBOXED, b""),
        observation(1, seconds=-1.0),
        observation(1, seconds="soon"),
        observation(1, seconds=HUGE),
        observation(1, modified=["x"]),
        observation(1, modified=[HUGE]),
        observation(1, modified=[-1]),
        observation(1, modified=[0] * 1000),
        observation(1, graph=[1]),
        observation(1, error={"type": "E"}),
        observation(1, error=RAISED | {"line": HUGE}),
        observation(1, error=RAISED | {"line": True}),
        observation(1, verdict="passed"),
    ],
)
def test_a_malformed_answer_is_a_crash_with_a_reason(keeper, said):
    run = ended(keeper, said)

    assert run.ending.outcome is Outcome.CRASHED
    assert run.ending.evidence["reason"] == "malformed_answer"
    assert run.settle() is False


def test_an_answer_that_announces_too_much_is_refused_by_its_header(keeper):
    keeper.child_is_ready()
    keeper.say(FrameKind.DATA, HEADER.pack(FrameKind.OBSERVATION, 2**32 - 1))
    run = talk(keeper)

    run.observe([Call(entry="f")])

    assert run.ending.outcome is Outcome.CRASHED


@pytest.mark.parametrize("graph", [{"nodes": 5}, {"nodes": [{}], "edges": [], "capped": False}, {"x": [[]] * 1000}])
def test_a_graph_that_is_none_is_not_passed_on(keeper, graph):
    keeper.child_is_ready()
    keeper.child_says(observation(1, graph=graph))

    (answer,) = talk(keeper).observe([Call(entry="f")])

    assert answer.graph is None


def test_texts_come_out_as_every_database_takes_them(keeper):
    keeper.say(FrameKind.OUTPUT, b"a\0b")
    keeper.child_is_ready()
    keeper.child_says(observation(None, error=RAISED | {"message": "\0\ud800"}))
    run = talk(keeper)
    (answer,) = run.observe([Call(entry="f")])
    run.finish()

    assert run.ending.output == "a\ufffdb"
    assert answer.error.message == "\ufffd\ufffd"


def test_more_answers_than_questions_are_refused(keeper):
    keeper.child_is_ready()
    keeper.child_says(observation(1), observation(2))
    run = talk(keeper)

    run.observe([Call(entry="f")])

    assert run.ending.outcome is Outcome.CRASHED


def test_an_answer_before_loading_is_refused(keeper):
    keeper.child_says((FrameKind.SANDBOXED, b""), observation(1))
    run = talk(keeper)

    run.observe([Call(entry="f")])

    assert run.ending.outcome is Outcome.CRASHED


def test_output_is_shown_up_to_its_cap(keeper):
    keeper.say(FrameKind.OUTPUT, b"x" * 1000 + b"\xff" * 50)
    keeper.child_is_ready()
    keeper.child_says(observation(1))
    run = talk(keeper, Limits(output_kb=1))
    run.observe([Call(entry="f")])
    run.finish()

    assert run.ending.output == "x" * 1000 + "\N{REPLACEMENT CHARACTER}" * 24
    assert run.ending.output_capped


def test_progress_that_comes_too_fast_is_dropped(keeper):
    told = []
    keeper.child_is_ready()
    keeper.child_says(*[(FrameKind.PROGRESS, b'{"loss": [[1, 2.0]]}')] * 500, observation(1))

    talk(keeper, on_progress=told.append).observe([Call(entry="f")])

    assert 20 <= len(told) < 40
    assert told[0] == {"loss": [[1, 2.0]]}


def test_progress_with_numbers_that_are_not_finite_is_cleaned(keeper):
    told = []
    keeper.child_is_ready()
    points = f'[0, 1e999], [1, 2], ["x", 3], [2], [3, {HUGE}], [{HUGE}, 4], [5, NaN]'
    keeper.child_says((FrameKind.PROGRESS, f'{{"loss": [{points}]}}'.encode()), observation(1))

    talk(keeper, on_progress=told.append).observe([Call(entry="f")])

    assert told == [{"loss": [[1, 2.0]]}]


def test_a_keeper_that_says_what_it_may_not_is_our_trouble(keeper):
    keeper.say_ready()

    with pytest.raises(SandboxError, match="in the middle of a run"):
        talk(keeper).observe([Call(entry="f")])
