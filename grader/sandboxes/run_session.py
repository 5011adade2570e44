"""One submission in a cell: put calls to it, read its answers, say how it ended. The same for every engine."""

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
from grader.sandboxes.base import Call, Ending, LearnerError, Limits, Observation, Program
from grader.sandboxes.instance import CellDied, Instance
from grader.sandboxes.token_bucket import TokenBucket

MIB = 1024 * 1024
_SMALL = 64 * 1024
_GRACE_SECONDS = 5.0
# A sandbox that is not heard of for so long stands still, or its engine does, or we do. That is not a run's time.
_SILENCE_SECONDS = 3.0
_PATIENCE_SECONDS = 45.0
# More silences than that are the run's own doing: it may have starved the keeper, as it may have starved itself.
_SILENCES = 3
_MOST_STARVED = 2.0
_MAX_FILES = 4096

Progress = Callable[[dict[str, Any]], None]


class RunSession:
    """A `Run` in a cell. Afterwards `settle` says whether the cell may serve another submission."""

    def __init__(
        self,
        cell: Instance,
        program: Program,
        limits: Limits,
        *,
        on_progress: Progress | None = None,
        on_delay: Callable[[], None] | None = None,
        device: str | None = None,
    ) -> None:
        """`on_delay` is called once where the run takes more than half of its time."""
        self._clean = False
        self._heard_end = False
        self._cell = cell
        self._limits = limits
        self._on_progress = on_progress
        self._on_delay = on_delay
        self._ration = TokenBucket(at_once=20, per_second=20)
        self._reported = -1
        self._begun = False
        self._confined = False
        self._loaded: tuple[LearnerError | None, tuple[str, ...]] | None = None
        self._asked = 0
        self._answers: list[Observation] = []
        self._text = bytearray()
        self._spent = 0.0
        self._clock: RunClock | None = None
        self._starved = 0.0
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
        self._caps = _caps(limits, largest)
        self._program = _program(program, limits, device)

    @property
    def ending(self) -> Ending:
        """How the run ended; only once it has."""
        if self._ending is None:
            raise RuntimeError("the run has not ended yet")
        return self._ending

    def observe(self, calls: Sequence[Call]) -> list[Observation]:
        """Put calls to the submission and return their observations, fewer than asked where it ended."""
        if self._ending is not None:
            return []
        first = len(self._answers)
        self._asked += len(calls)
        with suppress(CellDied):  # what it said before it died comes first; then its end is heard, too
            self._ask(calls)
        self._listen(lambda: len(self._answers) == self._asked, self._limits.wall_seconds - self._spent)
        return self._answers[first:]

    def finish(self) -> None:
        """Tell the submission that nothing more comes, and say how it ended.

        One that has answered everything has ended well, whatever it does now: only `settle` waits for that.
        """
        if self._ending is not None:
            return
        if not self._begun:
            self._ask([])
        self._cell.send((FrameKind.CLOSE, b""))
        if self._complete:
            self._end(Outcome.GRADED, {})
        else:
            self._listen(lambda: False, _GRACE_SECONDS)

    def settle(self) -> bool:
        """Wait until the keeper has looked at what is left; return whether the cell may serve another submission."""
        deadline = time.monotonic() + _GRACE_SECONDS
        while self._ended_well and not self._heard_end and (received := self._cell.receive(deadline)) is not None:
            if received[0] == FrameKind.END:
                self._hear_end(json.loads(received[1]))
        return self._ended_well and self._heard_end and self._clean

    def _ask(self, calls: Sequence[Call]) -> None:
        """Send what there is to send in one piece: each one wakes the engine, the keeper and the child."""
        asked = frame(FrameKind.CALLS, session_messages.pack_calls(calls)) if calls else b""
        if not self._begun:
            self._begun = True
            self._cell.send((FrameKind.OPEN, self._caps), (FrameKind.DATA, self._program + asked))
        elif asked:
            self._cell.send((FrameKind.DATA, asked))

    def _listen(self, satisfied: Callable[[], bool], seconds: float) -> None:
        self._clock = clock = RunClock(seconds, starved=self._starved)
        try:
            while self._ending is None and not satisfied():
                self._take_next(clock)
        except CellDied as error:
            # Some engines die whole where a submission takes too much. Anything else that kills a cell is our trouble.
            if not error.out_of_memory or not self._confined:
                raise
            self._end(Outcome.OUT_OF_MEMORY, {"memory": "cpu", "reason": "whole_sandbox"})
        self._spent, self._clock = self._spent + clock.passed(), None

    def _take_next(self, clock: "RunClock") -> None:
        received = self._receive(clock)
        if received is not None:
            self._take(*received)
            clock.heard(starved=self._starved)
        elif clock.stands_still:
            raise SandboxError(f"{self._cell.label} was not heard of for {_PATIENCE_SECONDS:g} seconds")
        else:
            self._run_out()

    def _receive(self, clock: "RunClock") -> tuple[FrameKind, bytes] | None:
        if self._on_delay is not None:
            received = self._cell.receive(clock.half)
            if received is not None:
                return received
            self._on_delay()
            self._on_delay = None
        received = self._cell.receive(clock.end)
        if received is None and clock.stands_still:
            received = self._cell.receive(time.monotonic() + _PATIENCE_SECONDS)
        return received

    def _run_out(self) -> None:
        if not self._confined:
            raise SandboxError(f"a child of {self._cell.label} ran nothing in the time of a whole run")
        if self._complete:
            self._end(Outcome.GRADED, {"lingered": True})  # it answered everything, and then would not go
        else:
            self._end(Outcome.TIMED_OUT, {"seconds": self._limits.wall_seconds})

    @property
    def _ended_well(self) -> bool:
        """Whether the harness had the last word: every call answered, or the code refused."""
        return self._ending is not None and self._ending.outcome in (Outcome.GRADED, Outcome.UNGRADABLE)

    @property
    def _complete(self) -> bool:
        return self._loaded is not None and len(self._answers) == self._asked

    def _take(self, kind: FrameKind, body: bytes) -> None:
        match kind:
            case FrameKind.OUTPUT:
                self._text += body
            case FrameKind.HEARTBEAT:
                self._starved = int(body) / 1000
            case FrameKind.END:
                self._hear_end(json.loads(body))
            case FrameKind.DATA:
                self._take_data(body)
            case _:
                raise SandboxError(f"the keeper of {self._cell.label} said {kind!r} in the middle of a run")

    def _take_data(self, body: bytes) -> None:
        try:
            for kind, message in self._reader.feed(body):
                self._take_answer(kind, message)
        except (FrameError, WireError) as error:
            self._end(Outcome.CRASHED, {"reason": "malformed_answer", "detail": str(error)})

    def _take_answer(self, kind: FrameKind, message: bytes) -> None:
        match kind:
            case FrameKind.READY if not self._confined:
                pass
            case FrameKind.SANDBOXED if not self._confined:
                self._confined = True
            case FrameKind.LOADED if self._loaded is None:
                self._loaded = session_messages.read_loaded(message)
            case FrameKind.PROGRESS:
                self._report(session_messages.read_progress(message))
            case FrameKind.OBSERVATION if self._loaded is not None and len(self._answers) < self._asked:
                self._answers.append(session_messages.read_observation(message))
            case FrameKind.EXHAUSTED:
                self._exhausted = "gpu" if message == b"gpu" else "cpu"
            case _:
                raise WireError(f"{kind.name} came out of turn")

    def _report(self, progress: dict[str, Any]) -> None:
        """Pass progress on: a line for each call, and of the rest not too much, as a learner may have written it."""
        call = progress.get("call", -1)
        begun = self._reported < call < self._asked
        if begun:
            self._reported = call
        if self._on_progress is not None and (begun or self._ration.take()):
            self._on_progress(progress)

    def _hear_end(self, end: dict[str, Any]) -> None:
        """Note what the keeper says of a child that has ended, and of what it left behind."""
        self._heard_end = True
        self._clean = end["exit"] == 0 and not any(end[key] for key in _TRACES)
        if self._ending is None:
            self._judge(end)

    def _judge(self, end: dict[str, Any]) -> None:
        """Say how the run ended, from what the keeper saw; the child is believed where it can only harm itself."""
        if not self._confined:
            raise SandboxError(f"a child of {self._cell.label} failed before it ran anything: {self._text!r:.500}")
        killed = end["signal"] is not None
        evidence = {key: end[key] for key in ("signal", "exit", *_TRACES) if end.get(key)}
        error, missing = self._loaded or (None, ())
        if error is not None or missing:
            self._end(Outcome.UNGRADABLE, evidence)
        elif self._complete:
            self._end(Outcome.GRADED, evidence)
        elif self._exhausted or end["exceeded"] == "memory" or (killed and end["oom_kills"]):
            self._end(Outcome.OUT_OF_MEMORY, evidence | {"memory": self._exhausted or "cpu"})
        elif killed and end["cpu_seconds"] >= session_messages.cpu_seconds(self._limits) - 1:
            self._end(Outcome.TIMED_OUT, evidence)
        elif killed or end["exceeded"] or self._loaded is not None:
            self._end(Outcome.CRASHED, evidence)
        else:
            self._clean = False
            self._loaded = (_exit_while_loading(end["exit"]), ())
            self._end(Outcome.UNGRADABLE, evidence)

    def _end(self, outcome: Outcome, evidence: dict[str, Any]) -> None:
        error, missing = self._loaded or (None, ())
        complete = outcome in (Outcome.GRADED, Outcome.UNGRADABLE)
        text = legible(self._text[: self._limits.output_kb * 1024].decode(errors="replace"))
        self._ending = Ending(
            outcome=outcome,
            load_error=error,
            missing=missing,
            unanswered=None if complete else len(self._answers),
            evidence=evidence if complete or self._loaded else evidence | {"loading": True},
            output=text,
            output_capped=len(self._text) > self._limits.output_kb * 1024,
            seconds=round(self._spent + (self._clock.passed() if self._clock else 0.0), 6),
        )


class RunClock:
    """The time of a run: what it had a processor for, or did not want one.

    Time in which its sandbox was not heard of is none of its own, nor is time in which others had the processors: a
    machine that is too busy must not cost a learner points. Moments are those of `time.monotonic`; `starved` counts
    seconds since the submission was opened.
    """

    def __init__(self, seconds: float, *, starved: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._starved_before, self._starved = starved, 0.0
        self._start = self._heard_at = clock()
        self._seconds = seconds
        self._stood_still = 0.0
        self._silences = 0

    @property
    def half(self) -> float:
        """When half of the time will have passed."""
        return self.end - self._seconds / 2

    @property
    def end(self) -> float:
        """When all of it will have passed, as far as is known now."""
        return self._start + self._stood_still + self._starved + self._seconds

    @property
    def stands_still(self) -> bool:
        """Whether nothing was heard for longer than a sandbox that runs is ever silent."""
        return self._clock() - self._heard_at > _SILENCE_SECONDS

    def heard(self, *, starved: float = 0.0) -> None:
        """Note a sign of life, and take a long silence before it off."""
        self._starved = min(max(starved - self._starved_before, 0.0), _MOST_STARVED * self._seconds)
        if self.stands_still and self._silences < _SILENCES:
            self._silences += 1
            self._stood_still += self._clock() - self._heard_at
        self._heard_at = self._clock()

    def passed(self) -> float:
        """Return the seconds that the run has had."""
        return max(0.0, self._clock() - self._start - self._stood_still - self._starved)


_TRACES = ("leaked_processes", "leaked_files", "oom_kills", "exceeded", "responses_dropped", "fork_server_died")


def _caps(limits: Limits, largest: int) -> bytes:
    """What the keeper is told: what it shall let through, and what it shall watch for."""
    caps = {
        "response": largest + MIB,
        "output": limits.output_kb * 1024 + 1,  # one more than is shown tells that there was more
        "memory": (limits.memory_mb + 64) * MIB,
        "files": _MAX_FILES,
        "processes": limits.processes,
    }
    return json.dumps(caps).encode()


def _program(program: Program, limits: Limits, device: str | None) -> bytes:
    """What the child is told first: its limits and the source."""
    setup = frame(FrameKind.SETUP, session_messages.pack_setup(program, limits, device))
    return setup + frame(FrameKind.SOURCE, program.source.encode(errors="surrogatepass"))


def _exit_while_loading(status: int) -> LearnerError:
    message = f"the code ended Python while it was loaded (status {status})"
    return LearnerError(type="SystemExit", message=message, traceback=message)
