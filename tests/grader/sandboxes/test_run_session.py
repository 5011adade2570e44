"""Sessions with a fake supervisor: every way in which a run can end, and whose fault each one is."""

import json
import threading
import time
from contextlib import suppress

import pytest
import torch

from grader.errors import RunCancelled, SandboxError
from grader.harness.wire.frames import HEADER, FrameKind, FrameReader
from grader.harness.wire.values import Encoder, pack
from grader.protocol.reports import Outcome
from grader.sandboxes import run_clock, run_session
from grader.sandboxes.base import Call, Limits, Program
from grader.sandboxes.cancellation import Cancellation
from grader.sandboxes.run_session import RunSession
from tests.support.fake_engine import FakeSupervisor

HUGE = 10**4000  # JSON can hold it, a float cannot
RAISED = {"type": "E", "message": "no", "line": None, "traceback": "no"}
NAN_SECONDS = b'{"value": null, "error": null, "graph": null, "seconds": NaN, "modified": []}'
QUICK = Limits(wall_seconds=0.2)


@pytest.fixture
def supervisor():
    supervisor = FakeSupervisor()
    yield supervisor
    supervisor.instance.stop()


def session(supervisor, limits=QUICK, **more):
    return RunSession(supervisor.instance, Program(source="def f(): pass", entries=("f",)), limits, **more)


def kinds_in(frames):
    """The kinds of the frames that a child gets."""
    return [kind for kind, _ in FrameReader(dict.fromkeys(FrameKind, 10_000)).feed(frames)]


def observation(value, **other):
    encoder = Encoder()
    document = {"value": encoder.encode(value), "error": None, "graph": None, "seconds": 0.1, "modified": []} | other
    return FrameKind.OBSERVATION, pack(document, encoder.tensors)


def ended(supervisor, *frames, ready=True, **end):
    """A run of one call that has ended, in which the child sent these frames."""
    if ready:
        supervisor.child_is_ready()
    supervisor.send_from_child(*frames)
    supervisor.send_end(**end)
    run = session(supervisor)
    run.observe([Call(entry="f")])
    run.finish()
    return run


def test_answers_are_read_in_order(supervisor):
    supervisor.child_is_ready()
    supervisor.send_from_child(observation(torch.ones(2)), observation({"a": 1}, modified=[0]))
    run = session(supervisor)

    first, second = run.observe([Call(entry="f"), Call(entry="f")])

    assert first.value.tolist() == [1.0, 1.0]
    assert second.value == {"a": 1}
    assert second.modified == (0,)


def test_the_child_gets_its_limits_the_source_and_the_calls(supervisor):
    supervisor.child_is_ready()
    session(supervisor).observe([Call(entry="f", args=(1,))])

    (opening, caps), (data, program), (more, calls) = supervisor.received()

    assert (opening, data, more) == (FrameKind.OPEN, FrameKind.DATA, FrameKind.DATA)
    assert json.loads(caps)["processes"] == QUICK.processes
    assert kinds_in(program) == [FrameKind.SETUP, FrameKind.SOURCE]
    assert kinds_in(calls) == [FrameKind.CALLS]


@pytest.mark.parametrize("loaded", [{"error": RAISED, "missing": []}, {"error": None, "missing": ["f"]}, None])
def test_code_that_has_not_loaded_sees_no_case(supervisor, loaded):
    answers = [] if loaded is None else [(FrameKind.LOADED, json.dumps(loaded).encode()), observation(1)]
    supervisor.send_from_child((FrameKind.READY, b""), (FrameKind.SANDBOXED, b""), *answers)
    supervisor.send_end()
    run = session(supervisor)

    assert run.observe([Call(entry="f", args=(1,))]) == []
    run.finish()

    assert run.ending.outcome is Outcome.UNGRADABLE
    assert FrameKind.CALLS not in [kind for _, body in supervisor.received()[1:] for kind in kinds_in(body)]


@pytest.mark.parametrize(
    "later",
    [
        [(FrameKind.LOADED, json.dumps({"error": RAISED, "missing": []}).encode())],
        [(FrameKind.LOADED, json.dumps({"error": None, "missing": ["f"]}).encode())],
        [(FrameKind.OBSERVATION, b"garbage")],
        [(FrameKind.EXHAUSTED, b"cpu")],
        [observation(2), observation(3)],
    ],
)
@pytest.mark.parametrize("end", [{}, {"exit": 3}, {"exit": None, "signal": "SIGKILL", "oom_kills": 1}, None])
def test_nothing_after_the_last_answer_changes_the_outcome(supervisor, later, end):
    supervisor.child_is_ready()
    supervisor.send_from_child(observation(1), *later)
    if end is None:
        supervisor.die()
    else:
        supervisor.send_end(**end)
    run = session(supervisor)

    (answer,) = run.observe([Call(entry="f")])
    run.finish()
    with suppress(SandboxError):
        run.settle()

    assert (run.ending.outcome, answer.value, run.ending.evidence) == (Outcome.GRADED, 1, {})


def test_a_run_makes_calls_once(supervisor):
    supervisor.child_is_ready()
    run = session(supervisor)
    run.observe([])

    with pytest.raises(RuntimeError, match="once"):
        run.observe([Call(entry="f")])


def test_a_fully_answered_run_ends_without_waiting(supervisor):
    supervisor.child_is_ready()
    supervisor.send_from_child(observation(1))
    run = session(supervisor)
    run.observe([Call(entry="f")])

    run.finish()

    assert run.ending.outcome is Outcome.GRADED


@pytest.mark.parametrize(
    "end",
    [{}, {"leaked_processes": 1}, {"leaked_files": ["/x"]}, {"oom_kills": 1}, {"exit": 1}, {"fork_server_died": True}],
)
def test_an_instance_is_reused_only_if_nothing_is_left(supervisor, end):
    run = ended(supervisor, observation(1), **end)

    assert run.ending.outcome is Outcome.GRADED
    assert run.settle() is (end == {})


def test_a_run_without_calls_is_graded_when_it_has_loaded(supervisor):
    supervisor.child_is_ready()
    run = session(supervisor)

    run.finish()

    assert (run.ending.outcome, run.ending.evidence) == (Outcome.GRADED, {})


def test_there_is_no_ending_before_the_end(supervisor):
    with pytest.raises(RuntimeError, match="not ended yet"):
        _ = session(supervisor).ending


def test_without_an_end_frame_an_instance_is_not_reused(supervisor, monkeypatch):
    monkeypatch.setattr("grader.sandboxes.run_session._GRACE_SECONDS", 0.05)
    supervisor.child_is_ready()
    supervisor.send_from_child(observation(1))
    run = session(supervisor)
    run.observe([Call(entry="f")])
    run.finish()

    assert run.settle() is False


def test_a_missing_answer_is_a_timeout_of_its_call(supervisor):
    supervisor.child_is_ready()
    supervisor.send_from_child(observation(1))
    run = session(supervisor)

    answers = run.observe([Call(entry="f")] * 3)

    assert len(answers) == 1
    assert run.ending.outcome is Outcome.TIMED_OUT
    assert run.ending.unanswered == 1
    assert run.settle() is False


def test_a_stall_of_the_sandbox_is_not_charged(supervisor, monkeypatch):
    monkeypatch.setattr(run_clock, "_STALL_SECONDS", 0.05)
    run = session(supervisor)

    def send_answer():
        supervisor.child_is_ready()
        supervisor.send_from_child(observation(1))

    late = threading.Timer(2 * QUICK.wall_seconds, send_answer)
    late.start()

    (answered,) = run.observe([Call(entry="f")])
    run.finish()
    late.join()

    assert (answered.value, run.ending.outcome) == (1, Outcome.GRADED)
    assert run.ending.seconds < QUICK.wall_seconds


def test_a_run_with_heartbeats_gets_its_time_and_no_more(supervisor):
    supervisor.child_is_ready()
    for _ in range(8):
        supervisor.send(FrameKind.HEARTBEAT, b"0 0")

    run = session(supervisor)
    run.observe([Call(entry="f")])

    assert run.ending.outcome is Outcome.TIMED_OUT
    assert run.ending.seconds >= QUICK.wall_seconds


def test_a_child_that_never_runs_is_a_sandbox_error(supervisor):
    supervisor.send_from_child((FrameKind.READY, b""))

    with pytest.raises(SandboxError, match="ran nothing"):
        session(supervisor).observe([Call(entry="f")])


def test_a_sandbox_that_stays_stalled_is_a_sandbox_error(supervisor, monkeypatch):
    monkeypatch.setattr(run_clock, "_STALL_SECONDS", 0.05)
    monkeypatch.setattr(run_session, "_GIVE_UP_SECONDS", 0.1)

    with pytest.raises(SandboxError, match="sent nothing for too long"):
        session(supervisor).observe([Call(entry="f")])


def heartbeats(supervisor, count, *, share):
    """Send heartbeats as if the run had a processor for this share of the time. Returns a thread to join."""

    def send():
        began = time.monotonic()
        for _ in range(count):
            time.sleep(QUICK.wall_seconds / 8)
            waited = (1 - share) * (time.monotonic() - began)
            with suppress(OSError):  # the run has ended
                supervisor.send(FrameKind.HEARTBEAT, b"%d %d" % (1000 * waited, 0))

    supervisor.child_is_ready()
    thread = threading.Thread(target=send)
    thread.start()
    return thread


def test_waiting_for_a_processor_is_not_charged(supervisor):
    sending = heartbeats(supervisor, 30, share=0.6)
    run = session(supervisor)
    began = time.monotonic()

    run.observe([Call(entry="f")])
    took = time.monotonic() - began
    sending.join()

    assert run.ending.outcome is Outcome.TIMED_OUT
    assert run.ending.seconds >= QUICK.wall_seconds
    assert took >= 1.3 * QUICK.wall_seconds


def test_half_of_the_time_is_enough_on_a_busy_machine(supervisor):
    sending = heartbeats(supervisor, 40, share=0.25)
    run = session(supervisor)

    run.observe([Call(entry="f")])
    sending.join()

    assert run.ending.outcome is Outcome.TIMED_OUT


def test_a_machine_without_time_for_a_run_is_our_fault(supervisor):
    sending = heartbeats(supervisor, 40, share=0.05)

    with pytest.raises(SandboxError, match="this machine is too busy"):
        session(supervisor).observe([Call(entry="f")])
    sending.join()


def test_a_delayed_grader_still_reads_answers_that_came_in_time(supervisor):
    supervisor.child_is_ready()
    supervisor.send_from_child((FrameKind.PROGRESS, json.dumps({"call": 0}).encode()), observation(1))
    run = session(supervisor, on_progress=lambda _: time.sleep(2 * QUICK.wall_seconds))

    (answered,) = run.observe([Call(entry="f")])

    assert answered.value == 1


def test_half_of_the_time_is_announced_once(supervisor):
    announced = []
    supervisor.child_is_ready()
    run = session(supervisor, on_delay=lambda: announced.append(1))

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
        ({"exit": None, "signal": "SIGXCPU", "cpu_seconds": 99}, Outcome.TIMED_OUT),
        ({"exit": 1, "cpu_seconds": 99}, Outcome.TIMED_OUT),
        ({"exit": None, "signal": None, "exceeded": "processes", "cpu_seconds": 99}, Outcome.TIMED_OUT),
        ({"exit": None, "exceeded": "memory"}, Outcome.OUT_OF_MEMORY),
        ({"exit": None, "exceeded": "files"}, Outcome.CRASHED),
    ],
)
def test_the_end_frame_decides_how_a_run_ended(supervisor, end, outcome):
    run = ended(supervisor, **end)

    assert run.ending.outcome is outcome
    assert run.ending.unanswered == 0
    assert run.settle() is False


@pytest.mark.parametrize(("message", "memory"), [(b"cpu", "cpu"), (b"gpu", "gpu"), (b"???", "cpu")])
def test_exhausted_memory_is_cpu_or_gpu(supervisor, message, memory):
    run = ended(supervisor, (FrameKind.EXHAUSTED, message), exit=86)

    assert run.ending.outcome is Outcome.OUT_OF_MEMORY
    assert run.ending.evidence["memory"] == memory


def test_a_load_error_is_ungradable_and_the_instance_is_reused(supervisor):
    error = {"type": "SyntaxError", "message": "no", "line": 2, "traceback": "no"}
    loaded = json.dumps({"error": error, "missing": []}).encode()
    supervisor.send_from_child((FrameKind.SANDBOXED, b""), (FrameKind.LOADED, loaded))

    run = ended(supervisor, ready=False)

    assert run.ending.outcome is Outcome.UNGRADABLE
    assert run.ending.load_error.line == 2
    assert run.settle() is True


def test_an_exit_while_loading_is_ungradable_and_discards_the_instance(supervisor):
    supervisor.send_from_child((FrameKind.SANDBOXED, b""))

    run = ended(supervisor, ready=False, exit=0)

    assert run.ending.outcome is Outcome.UNGRADABLE
    assert run.ending.load_error.type == "SystemExit"
    assert run.settle() is False


def test_a_failure_before_the_sandbox_is_closed_is_our_fault(supervisor):
    with pytest.raises(SandboxError, match="before it ran anything"):
        ended(supervisor, ready=False, exit=1)


def test_a_supervisor_that_dies_is_a_sandbox_error(supervisor):
    supervisor.child_is_ready()
    supervisor.die()

    with pytest.raises(SandboxError, match="has died"):
        session(supervisor).observe([Call(entry="f")])


def test_a_sandbox_killed_for_its_memory_is_the_submissions_fault():
    supervisor = FakeSupervisor(out_of_memory=True)
    supervisor.child_is_ready()
    supervisor.die()
    run = session(supervisor)

    run.observe([Call(entry="f")])

    assert run.ending.outcome is Outcome.OUT_OF_MEMORY
    supervisor.instance.stop()


@pytest.mark.parametrize("loaded", [b"{}", b"[", b'{"error": null, "missing": [3]}', b'{"error": 3, "missing": []}'])
def test_a_malformed_loaded_message_is_a_crash(supervisor, loaded):
    run = ended(supervisor, (FrameKind.READY, b""), (FrameKind.SANDBOXED, b""), (FrameKind.LOADED, loaded), ready=False)

    assert run.ending.outcome is Outcome.CRASHED
    assert run.ending.evidence["reason"] == "malformed_answer"


@pytest.mark.parametrize(
    "answer",
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
        (FrameKind.OBSERVATION, len(NAN_SECONDS).to_bytes(4, "big") + NAN_SECONDS),
        observation(1, seconds=True),
        observation(1, **{"\ud800": 1}),
        observation(1, error=RAISED | {"\ud800": 1}),
    ],
)
def test_a_malformed_answer_is_a_crash(supervisor, answer):
    run = ended(supervisor, answer)

    assert run.ending.outcome is Outcome.CRASHED
    assert run.ending.evidence["reason"] == "malformed_answer"
    assert run.settle() is False


def test_an_oversized_answer_is_refused_by_its_header(supervisor):
    supervisor.child_is_ready()
    supervisor.send(FrameKind.DATA, HEADER.pack(FrameKind.OBSERVATION, 2**32 - 1))
    run = session(supervisor)

    run.observe([Call(entry="f")])

    assert run.ending.outcome is Outcome.CRASHED


@pytest.mark.parametrize("graph", [{"nodes": 5}, {"nodes": [{}], "edges": [], "capped": False}, {"x": [[]] * 1000}])
def test_a_malformed_graph_is_dropped(supervisor, graph):
    supervisor.child_is_ready()
    supervisor.send_from_child(observation(1, graph=graph))

    (answer,) = session(supervisor).observe([Call(entry="f")])

    assert answer.graph is None


def test_texts_are_cleaned_for_the_database(supervisor):
    supervisor.send(FrameKind.OUTPUT, b"a\0b")
    supervisor.child_is_ready()
    supervisor.send_from_child(observation(None, error=RAISED | {"message": "\0\ud800"}))
    run = session(supervisor)
    (answer,) = run.observe([Call(entry="f")])
    run.finish()

    assert run.ending.output == "a\ufffdb"
    assert answer.error.message == "\ufffd\ufffd"


def test_a_load_error_with_lone_surrogates_is_cleaned(supervisor):
    loaded = json.dumps({"error": RAISED | {"message": "\ud800"}, "missing": ["\ud800"]}).encode()
    supervisor.send_from_child((FrameKind.SANDBOXED, b""), (FrameKind.LOADED, loaded))

    run = ended(supervisor, ready=False)

    assert run.ending.load_error.message == "\ufffd"
    assert run.ending.missing == ("\ufffd",)


def test_the_reason_of_a_crash_quotes_nothing_of_a_learner(supervisor):
    run = ended(supervisor, observation(1, **{"chosen by a learner": 1}))

    assert "chosen" not in run.ending.evidence["detail"]


def test_an_answer_before_loading_is_refused(supervisor):
    supervisor.send_from_child((FrameKind.SANDBOXED, b""), observation(1))
    run = session(supervisor)

    run.observe([Call(entry="f")])

    assert run.ending.outcome is Outcome.CRASHED


def test_output_is_cut_at_its_limit(supervisor):
    supervisor.send(FrameKind.OUTPUT, b"x" * 1000 + b"\xff" * 50)
    supervisor.child_is_ready()
    supervisor.send_from_child(observation(1))
    run = session(supervisor, Limits(output_kb=1))
    run.observe([Call(entry="f")])
    run.finish()

    assert run.ending.output == "x" * 1000 + "\N{REPLACEMENT CHARACTER}" * 24
    assert run.ending.output_capped


def test_progress_above_the_rate_limit_is_dropped(supervisor):
    received = []
    supervisor.child_is_ready()
    supervisor.send_from_child(*[(FrameKind.PROGRESS, b'{"loss": [[1, 2.0]]}')] * 500, observation(1))

    session(supervisor, on_progress=received.append).observe([Call(entry="f")])

    assert 20 <= len(received[1:]) < 40
    assert received[:2] == [{"case_put": True}, {"loss": [[1, 2.0]]}]


def test_bad_points_are_dropped_from_progress(supervisor):
    received = []
    supervisor.child_is_ready()
    points = f'[0, 1e999], [1, 2], ["x", 3], [2], [3, {HUGE}], [{HUGE}, 4], [5, NaN]'
    supervisor.send_from_child((FrameKind.PROGRESS, f'{{"loss": [{points}]}}'.encode()), observation(1))

    session(supervisor, on_progress=received.append).observe([Call(entry="f")])

    assert received == [{"case_put": True}, {"loss": [[1, 2.0]]}]


def test_each_heartbeat_reports_how_much_time_the_run_has_used(supervisor):
    received = []
    supervisor.child_is_ready()
    supervisor.send(FrameKind.HEARTBEAT, b"0 0")
    supervisor.send_from_child(observation(1))

    session(supervisor, on_progress=received.append).observe([Call(entry="f")])

    assert received == [{"case_put": True}, {"seconds": pytest.approx(0.0, abs=0.1), "limit": QUICK.wall_seconds}]


def cancelled_after(seconds):
    cancellation = Cancellation()
    threading.Timer(seconds, cancellation.request).start()
    return cancellation


def test_a_cancelled_run_stops_long_before_its_limit(supervisor):
    supervisor.child_is_ready()
    cancellation = cancelled_after(0.1)
    run = session(supervisor, Limits(wall_seconds=60), cancellation=cancellation)
    start = time.monotonic()

    with pytest.raises(RunCancelled):
        run.observe([Call(entry="f")])

    assert time.monotonic() - start < 6
    assert cancellation.case_put
    assert not run.settle()


def test_a_run_that_floods_the_grader_is_cancelled_too(supervisor):
    supervisor.child_is_ready()
    over = threading.Event()

    def flood():
        with suppress(OSError):  # nobody reads once the run is stopped
            while not over.is_set():
                supervisor.send_from_child(*[(FrameKind.PROGRESS, b'{"loss": [[1, 2.0]]}')] * 100)

    threading.Thread(target=flood, daemon=True).start()
    try:
        with pytest.raises(RunCancelled):
            session(supervisor, Limits(wall_seconds=60), cancellation=cancelled_after(0.2)).observe([Call(entry="f")])
    finally:
        over.set()


def test_a_run_cancelled_before_its_first_case_puts_none(supervisor):
    cancellation = Cancellation()
    cancellation.request()

    with pytest.raises(RunCancelled):
        session(supervisor, cancellation=cancellation).observe([Call(entry="f")])

    assert not cancellation.case_put


def test_the_code_cannot_take_back_that_a_case_was_put(supervisor):
    """The code withholds every message of the harness after LOADED, so that nothing seems to have begun."""
    supervisor.child_is_ready()
    cancellation = cancelled_after(0.1)

    with pytest.raises(RunCancelled):
        session(supervisor, Limits(wall_seconds=60), cancellation=cancellation).observe([Call(entry="f")])

    assert cancellation.case_put


def test_code_that_is_still_loading_has_seen_no_case(supervisor):
    supervisor.send_from_child((FrameKind.READY, b""), (FrameKind.SANDBOXED, b""))
    cancellation = cancelled_after(0.1)

    with pytest.raises(RunCancelled):
        session(supervisor, Limits(wall_seconds=60), cancellation=cancellation).observe([Call(entry="f")])

    assert not cancellation.case_put


def test_an_unexpected_supervisor_frame_is_a_sandbox_error(supervisor):
    supervisor.send_handshake()

    with pytest.raises(SandboxError, match="in the middle of a run"):
        session(supervisor).observe([Call(entry="f")])
