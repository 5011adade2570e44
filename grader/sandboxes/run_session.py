"""One submission in an instance: send calls, read the answers, decide how the run ended. The same for every engine."""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from grader.errors import SandboxError
from grader.harness.wire.frames import FrameError, FrameKind, FrameReader, frame
from grader.harness.wire.values import MAX_DOCUMENT, MAX_TENSOR_HEADER, WireError, legible
from grader.protocol.reports import Outcome
from grader.sandboxes import session_messages
from grader.sandboxes.base import Call, Ending, LearnerError, Limits, Observation, Outline, Program
from grader.sandboxes.cancellation import Cancellation
from grader.sandboxes.instance import Instance, InstanceDied
from grader.sandboxes.run_clock import MAX_STRETCH, RunClock
from grader.sandboxes.token_bucket import TokenBucket

MIB = 1024 * 1024
_SMALL = 64 * 1024
_GRACE_SECONDS = 5.0
_GIVE_UP_SECONDS = 45.0  # how long a stalled sandbox has to send something
_TIME_REPORT_SECONDS = 0.5
_MAX_FILES = 4096

Progress = Callable[[dict[str, Any]], None]


class RunSession:
    """A `Run` in an instance. After it, `settle` returns whether the instance can serve another submission."""

    def __init__(
        self,
        instance: Instance,
        program: Program,
        limits: Limits,
        *,
        on_progress: Progress | None = None,
        on_delay: Callable[[], None] | None = None,
        device: str | None = None,
        cancellation: Cancellation | None = None,
    ) -> None:
        """`on_delay` is called once, if the run takes more than half of its time."""
        self._clean = False
        self._end_received = False
        self._instance = instance
        self._limits = limits
        self._on_progress = on_progress
        self._on_delay = on_delay
        self._cancellation = cancellation or Cancellation()
        self._progress_limit = TokenBucket(burst=20, per_second=20)
        self._last_call_reported = -1
        self._opened = False
        self._sandboxed = False
        self._loaded: tuple[LearnerError | None, tuple[str, ...]] | None = None
        self._outline = Outline()
        self._calls = b""
        self._calls_asked = 0
        self._observations: list[Observation] = []
        self._output = bytearray()
        self._clock = RunClock(limits.wall_seconds)
        self._next_time_report = 0.0
        self._processor_seconds = 0.0
        self._exhausted: str | None = None
        self._ending: Ending | None = None
        largest = limits.observation_mb * MIB + MAX_DOCUMENT + MAX_TENSOR_HEADER
        self._reader = FrameReader(
            {
                FrameKind.READY: 0,
                FrameKind.SANDBOXED: 0,
                FrameKind.LOADED: _SMALL,
                FrameKind.PROGRESS: _SMALL,
                FrameKind.OBSERVATION: largest,
                FrameKind.EXHAUSTED: 16,
            }
        )
        self._largest = largest
        self._without_imports = not program.imports
        self._times = len(program.repairs) or 1
        self._known: dict[bytes, Observation] | None = {} if program.repairs else None
        self._program = _program(program, limits, device)

    @property
    def ending(self) -> Ending:
        """How the run ended. Raises RuntimeError before it has ended."""
        if self._ending is None:
            raise RuntimeError("the run has not ended yet")
        return self._ending

    @property
    def outline(self) -> Outline:
        """What the child said of the source, if the program is traced."""
        return self._outline

    @property
    def processor_seconds(self) -> float:
        """How much of a processor the run used. Exact after `settle`; before, at least the time until now."""
        return self._processor_seconds if self._end_received else max(self._processor_seconds, self._clock.passed())

    def observe(self, calls: Sequence[Call]) -> list[Observation]:
        """Make calls to the submission, once in a run; return their observations: fewer than `calls` if it ended.

        If the program has repairs, all calls are made with the first group of them, then with the second, and so on.

        The calls are sent only when the submission says that it has loaded. So a run that ends as UNGRADABLE, which
        uses no attempt, has not seen a case. Raises RunCancelled if the submission is cancelled.
        """
        if self._opened:
            raise RuntimeError("a run answers calls once")
        self._cancellation.raise_if_requested()
        self._opened = True
        self._calls_asked = len(calls) * self._times
        with suppress(InstanceDied):  # read what it sent before it died; the read then raises InstanceDied again
            caps = _caps(self._limits, self._largest, plain=self._without_imports and session_messages.are_plain(calls))
            self._instance.send((FrameKind.OPEN, caps), (FrameKind.DATA, self._program))
        if calls:
            self._calls = frame(FrameKind.CALLS, session_messages.pack_calls(calls))  # while the child loads
        self._read_answers()
        return list(self._observations)

    def finish(self) -> None:
        """Decide how the run ended, and tell the child that no more calls come.

        If every call was answered, the run is graded, whatever the child and its sandbox do now: only `settle` waits
        for them.
        """
        if not self._opened:
            self.observe([])
        if self._ending is None:
            self._set_ending(Outcome.GRADED, {})
        if self._ended_well:
            with suppress(InstanceDied):
                self._instance.send((FrameKind.CLOSE, b""))

    def settle(self) -> bool:
        """Wait for the supervisor's END with its list of residue; return whether the instance can be used again."""
        deadline = time.monotonic() + _GRACE_SECONDS
        while self._ended_well and not self._end_received and (received := self._instance.receive(deadline)):
            if received[0] == FrameKind.END:
                self._handle_end(json.loads(received[1]))
        return self._ended_well and self._end_received and self._clean

    def _note_case_put(self) -> None:
        """Note that from now on the code can know a case. If it is cancelled later, that uses an attempt."""
        self._cancellation.case_put = True
        if self._on_progress is not None:
            self._on_progress({"case_put": True})

    def _read_answers(self) -> None:
        """Read until the run has ended, or every call is answered."""
        try:
            with self._clock.running():
                while self._ending is None and not self._complete:
                    self._handle_next(self._clock)
        except InstanceDied as error:
            # With some engines the whole sandbox dies if a submission takes too much memory. The submission is to blame
            # only for that; any other death of an instance is our fault.
            if not error.out_of_memory or not self._sandboxed:
                raise
            self._set_ending(Outcome.OUT_OF_MEMORY, {"memory": "cpu", "reason": "whole_sandbox"})

    def _handle_next(self, clock: RunClock) -> None:
        received = self._receive(clock)
        if received is not None:
            clock.saw_activity()
            self._handle_frame(*received, clock)
        elif clock.is_stalled:
            raise SandboxError(f"{self._instance.label} sent nothing for too long: it is stalled, or its engine is")
        else:
            self._time_is_up(clock)

    def _receive(self, clock: RunClock) -> tuple[FrameKind, bytes] | None:
        if self._on_delay is not None:
            received = self._instance.receive_unless(self._cancellation, clock.half)
            if received is not None:
                return received
            self._on_delay()
            self._on_delay = None
        received = self._instance.receive_unless(self._cancellation, clock.end)
        if received is None and clock.is_stalled:
            received = self._instance.receive_unless(
                self._cancellation, min(time.monotonic() + _GIVE_UP_SECONDS, clock.last_end)
            )
        return received

    def _time_is_up(self, clock: RunClock) -> None:
        if not self._sandboxed:
            raise SandboxError(f"a child of {self._instance.label} ran nothing in the time of a whole run")
        if not clock.had_enough:
            raise SandboxError(
                f"{self._instance.label} had the processors for only {clock.passed():.1f} seconds of a run, in "
                f"{MAX_STRETCH} times its limit of {self._limits.wall_seconds:g} seconds: this machine is too busy"
            )
        used = {"seconds": self._limits.wall_seconds, "processor_seconds": self._processor_seconds}
        self._set_ending(Outcome.TIMED_OUT, used)

    @property
    def _ended_well(self) -> bool:
        """Whether the run ended as the harness planned: every call answered, or the code not loadable."""
        return self._ending is not None and self._ending.outcome in (Outcome.GRADED, Outcome.UNGRADABLE)

    @property
    def _complete(self) -> bool:
        return self._loaded is not None and len(self._observations) == self._calls_asked

    def _handle_frame(self, kind: FrameKind, body: bytes, clock: RunClock) -> None:
        """Handle a frame of the supervisor."""
        match kind:
            case FrameKind.OUTPUT:
                self._output += body
            case FrameKind.HEARTBEAT:
                waited, used = (int(number) / 1000 for number in body.split())
                self._processor_seconds = used
                clock.saw_waiting(waited)
                self._report_time()
            case FrameKind.END:
                self._handle_end(json.loads(body))
            case FrameKind.DATA:
                self._handle_data(body)
            case _:
                raise SandboxError(f"the supervisor of {self._instance.label} sent {kind!r} in the middle of a run")

    def _handle_data(self, body: bytes) -> None:
        """Handle bytes of the child: whole frames, or parts of them. A learner can have written them.

        What follows the last answer, or a failure to load, is not read: it cannot change the outcome.
        """
        try:
            for kind, message in self._reader.feed(body):
                self._handle_child_frame(kind, message)
                if self._complete or self._ending is not None:
                    return
        except (FrameError, WireError) as error:
            self._set_ending(Outcome.CRASHED, {"reason": "malformed_answer", "detail": str(error)})

    def _handle_child_frame(self, kind: FrameKind, message: bytes) -> None:
        match kind:
            case FrameKind.READY if not self._sandboxed:
                pass
            case FrameKind.SANDBOXED if not self._sandboxed:
                self._sandboxed = True
            case FrameKind.LOADED if self._loaded is None:
                self._handle_loaded(*session_messages.read_loaded(message))
            case FrameKind.PROGRESS:
                self._report(session_messages.read_progress(message))
            case FrameKind.OBSERVATION if self._loaded is not None:
                self._observations.append(self._read_observation(message))
            case FrameKind.EXHAUSTED:
                self._exhausted = "gpu" if message == b"gpu" else "cpu"
            case _:
                raise WireError(f"{kind.name} came out of turn")

    def _read_observation(self, message: bytes) -> Observation:
        """Return the observation in a message. Repairs often change nothing: equal messages give the same object."""
        if self._known is None:
            return session_messages.read_observation(message)
        if message not in self._known:
            self._known[message] = session_messages.read_observation(message)
        return self._known[message]

    def _handle_loaded(self, error: LearnerError | None, missing: tuple[str, ...], outline: Outline) -> None:
        """End the run if the submission did not load, else make the calls to it."""
        self._outline = outline
        self._loaded = error, missing
        if error is not None or missing:
            self._set_ending(Outcome.UNGRADABLE, {})
        elif self._calls:
            self._note_case_put()
            with suppress(InstanceDied):  # as in `observe`
                self._instance.send((FrameKind.DATA, self._calls))

    def _report(self, progress: dict[str, Any]) -> None:
        """Pass progress on: once for each call, and the rest within a rate limit, since a learner can have sent it."""
        call = progress.get("call", -1)
        begun = self._last_call_reported < call < self._calls_asked
        if begun:
            self._last_call_reported = call
        if self._on_progress is not None and (begun or self._progress_limit.take()):
            self._on_progress(progress)

    def _report_time(self) -> None:
        """Pass on how much of its time the run has used, at most twice a second, whatever the code does."""
        seconds = self._clock.passed()
        if self._on_progress is not None and seconds >= self._next_time_report:
            self._next_time_report = seconds + _TIME_REPORT_SECONDS
            self._on_progress({"seconds": round(seconds, 1), "limit": self._limits.wall_seconds})

    def _handle_end(self, end: dict[str, Any]) -> None:
        """Note the supervisor's report of a child that has ended, and of what it left behind."""
        self._end_received = True
        self._processor_seconds = end["cpu_seconds"]
        self._clean = end["exit"] == 0 and not any(end[key] for key in _RESIDUE)
        if self._ending is None:
            self._decide(end)

    def _decide(self, end: dict[str, Any]) -> None:
        """Decide how the run ended, from the supervisor's report. What the child sent counts only against itself."""
        if not self._sandboxed:
            raise SandboxError(
                f"a child of {self._instance.label} failed before it ran anything: {self._output!r:.500}"
            )
        killed = end["signal"] is not None
        evidence = {key: end[key] for key in ("signal", "exit", *_RESIDUE) if end.get(key)}
        if self._exhausted or end["exceeded"] == "memory" or (killed and end["oom_kills"]):
            self._set_ending(Outcome.OUT_OF_MEMORY, evidence | {"memory": self._exhausted or "cpu"})
        elif end["cpu_seconds"] >= self._limits.wall_seconds:
            # Whatever ended it, such as the kernel's limit: it had used up its time before.
            self._set_ending(Outcome.TIMED_OUT, evidence)
        elif killed or end["exceeded"] or self._loaded is not None:
            self._set_ending(Outcome.CRASHED, evidence)
        else:
            self._clean = False
            self._loaded = (_exit_while_loading(end["exit"]), ())
            self._set_ending(Outcome.UNGRADABLE, evidence)

    def _set_ending(self, outcome: Outcome, evidence: dict[str, Any]) -> None:
        error, missing = self._loaded or (None, ())
        complete = outcome in (Outcome.GRADED, Outcome.UNGRADABLE)
        output = legible(self._output[: self._limits.output_kb * 1024].decode(errors="replace"))
        self._ending = Ending(
            outcome=outcome,
            load_error=error,
            missing=missing,
            unanswered=None if complete else len(self._observations),
            evidence=evidence if complete or self._loaded else evidence | {"loading": True},
            output=output,
            output_capped=len(self._output) > self._limits.output_kb * 1024,
            seconds=round(self._clock.passed(), 6),
        )


_RESIDUE = ("leaked_processes", "leaked_files", "oom_kills", "exceeded", "responses_dropped", "fork_server_died")


def _caps(limits: Limits, largest: int, *, plain: bool) -> bytes:
    """Return the body of OPEN: how much the supervisor lets through, and which limits it watches.

    `plain` asks for a child that has no torch.
    """
    caps = {
        "response": largest + MIB,
        "output": limits.output_kb * 1024 + 1,  # one more than is shown: then we know that there was more
        "memory": (limits.memory_mb + 64) * MIB,
        "files": _MAX_FILES,
        "processes": limits.processes,
        "plain": plain,
    }
    return json.dumps(caps).encode()


def _program(program: Program, limits: Limits, device: str | None) -> bytes:
    """Return the child's first frames: its limits and the source."""
    setup = frame(FrameKind.SETUP, session_messages.pack_setup(program, limits, device))
    return setup + frame(FrameKind.SOURCE, program.source.encode(errors="surrogatepass"))


def _exit_while_loading(status: int) -> LearnerError:
    message = f"the code ended Python while it was loaded (status {status})"
    return LearnerError(type="SystemExit", message=message, traceback=message)
