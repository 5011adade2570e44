"""Questions to a package's own code in an author's instance, one at a time, and their answers as bytes.

The frames are those of a submission (`grader.harness.wire.frames`), with other contents: SOURCE has the package, each
CALLS one question, each OBSERVATION one answer. The child answers as many questions as it is asked, until CLOSE.

What the author's code does is the author's mistake: it raises Unanswered. What the sandbox does is ours: SandboxError.
"""

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from grader.errors import SandboxError
from grader.harness.wire.frames import FrameError, FrameKind, FrameReader, frame
from grader.harness.wire.values import WireError, legible
from grader.sandboxes.base import Limits
from grader.sandboxes.cancellation import Cancellation
from grader.sandboxes.instance import Instance, InstanceDied
from grader.sandboxes.layers import author_digest
from grader.sandboxes.run_clock import MAX_STRETCH, RunClock
from grader.sandboxes.session_messages import cpu_seconds

MIB = 1024 * 1024
AUTHOR_LIMITS = Limits(wall_seconds=20.0, memory_mb=1024, processes=8, file_mb=16, output_kb=16, observation_mb=64)
"""What a package's own code can use for one grading, all questions together. It bounds what the worker waits for."""
_OPEN_FILES = 64
_MAX_FILES = 2048
_GRACE_SECONDS = 5.0
_GIVE_UP_SECONDS = 45.0
_RESIDUE = ("leaked_processes", "leaked_files", "oom_kills", "exceeded", "responses_dropped", "fork_server_died")

Reason = Literal["time", "memory", "ended", "malformed"]


class Unanswered(Exception):
    """A package's own code gave no answer. `detail` says more; the author can have written it."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, kw_only=True, slots=True)
class SentPackage:
    """What the child gets first: facts about the package as JSON data, and its files as one block of bytes."""

    facts: dict[str, Any]
    files: bytes


class AuthorSession:
    """One package in one child of an author's instance. After it, `settle` says if the instance can be used again."""

    def __init__(
        self, instance: Instance, package: SentPackage, limits: Limits, *, cancellation: Cancellation | None = None
    ) -> None:
        """Send the package. Raises SandboxError if the instance holds another version of the grader."""
        self._instance = instance
        self._limits = limits
        self._cancellation = cancellation or Cancellation()
        self._largest = limits.observation_mb * MIB
        self._reader = FrameReader(
            {FrameKind.READY: 0, FrameKind.SANDBOXED: 0, FrameKind.OBSERVATION: self._largest, FrameKind.EXHAUSTED: 16}
        )
        self._clock = RunClock(limits.wall_seconds)
        self._sandboxed = self._exhausted = self._end_received = self._clean = self._failed = False
        self._answers: list[bytes] = []  # to the present question: none or one
        self._output = bytearray()
        if instance.handshake.get("author") != author_digest():
            raise SandboxError(
                f"{instance.label} holds another grader than this one: run `make image`, then restart this process"
            )
        setup = {"limits": _setup_limits(limits), "package": package.facts}
        first = frame(FrameKind.SETUP, json.dumps(setup).encode()) + frame(FrameKind.SOURCE, package.files)
        self._unsent = [(FrameKind.OPEN, _caps(limits, self._largest)), (FrameKind.DATA, first)]

    @property
    def output(self) -> str:
        """What the package's code has printed so far, as far as it has arrived; at most the limit of the session."""
        return legible(self._output[: self._limits.output_kb * 1024].decode(errors="replace"))

    def ask(self, question: bytes) -> bytes:
        """Return the answer to one question.

        Raises Unanswered if the package's code gives none within the limits, and SandboxError if the sandbox fails.
        Raises RunCancelled soon after the submission is cancelled.
        """
        if self._failed:
            raise Unanswered("ended", "it has ended")
        self._answers.clear()
        frames, self._unsent = [*self._unsent, (FrameKind.DATA, frame(FrameKind.CALLS, question))], []
        try:
            with self._clock.running():
                with suppress(InstanceDied):  # what it sent before it died is read first
                    self._instance.send(*frames)
                while not self._answers:
                    self._handle_next()
        except InstanceDied as error:
            self._failed = True
            if error.out_of_memory and self._sandboxed:
                raise Unanswered("memory") from error
            raise
        except BaseException:
            self._failed = True
            raise
        return self._answers[0]

    def finish(self) -> None:
        """Say that no more questions come."""
        if not self._failed and not self._unsent:
            with suppress(InstanceDied):
                self._instance.send((FrameKind.CLOSE, b""))

    def settle(self) -> bool:
        """Wait for the end of the child; return whether the instance can be used again."""
        if self._unsent:
            return True  # nothing was asked: the child is still idle
        deadline = time.monotonic() + _GRACE_SECONDS
        while not self._failed and not self._end_received and (received := self._instance.receive(deadline)):
            if received[0] == FrameKind.END:
                self._note_end(json.loads(received[1]))
        return not self._failed and self._end_received and self._clean

    def _handle_next(self) -> None:
        received = self._instance.receive_unless(self._cancellation, self._clock.end)
        if received is None and self._clock.is_stalled:
            until = min(time.monotonic() + _GIVE_UP_SECONDS, self._clock.last_end)
            received = self._instance.receive_unless(self._cancellation, until)
        if received is not None:
            self._clock.saw_activity()
            self._handle_frame(*received)
        elif self._clock.is_stalled:
            raise SandboxError(f"{self._instance.label} sent nothing for too long: it is stalled, or its engine is")
        elif not self._sandboxed:
            raise SandboxError(f"a child of {self._instance.label} ran nothing in the time of a whole run")
        elif not self._clock.had_enough:
            raise SandboxError(
                f"{self._instance.label} had the processors for only {self._clock.passed():.1f} seconds in "
                f"{MAX_STRETCH} times its limit: this machine is too busy"
            )
        else:
            raise Unanswered("time")

    def _handle_frame(self, kind: FrameKind, body: bytes) -> None:
        match kind:
            case FrameKind.OUTPUT:
                self._output += body
            case FrameKind.HEARTBEAT:
                self._clock.saw_waiting(int(body.split()[0]) / 1000)
            case FrameKind.DATA:
                self._handle_data(body)
            case FrameKind.END:
                self._note_end(json.loads(body))
                self._raise_end(json.loads(body))
            case _:
                raise SandboxError(f"the supervisor of {self._instance.label} sent {kind!r} in the middle of a run")

    def _handle_data(self, body: bytes) -> None:
        """Handle bytes of the child, which the author's code can have written."""
        try:
            for kind, message in self._reader.feed(body):
                if self._answers:
                    raise WireError("a second answer to one question")
                self._handle_child_frame(kind, message)
        except (FrameError, WireError) as error:
            raise Unanswered("malformed", str(error)) from error

    def _handle_child_frame(self, kind: FrameKind, message: bytes) -> None:
        match kind:
            case FrameKind.READY if not self._sandboxed:
                pass
            case FrameKind.SANDBOXED if not self._sandboxed:
                self._sandboxed = True
            case FrameKind.OBSERVATION if self._sandboxed:
                self._answers.append(message)
            case FrameKind.EXHAUSTED if self._sandboxed:
                self._exhausted = True
            case _:
                raise WireError(f"{kind.name} came out of turn")

    def _note_end(self, end: dict[str, Any]) -> None:
        self._end_received = True
        self._clean = end["exit"] == 0 and not any(end[key] for key in _RESIDUE)

    def _raise_end(self, end: dict[str, Any]) -> None:
        """Raise what the end of a child that owes an answer means."""
        if not self._sandboxed:
            raise SandboxError(f"a child of {self._instance.label} failed before it ran anything: {self.output:.500}")
        if self._exhausted or end["exceeded"] == "memory" or (end["signal"] and end["oom_kills"]):
            raise Unanswered("memory")
        if end["cpu_seconds"] >= self._limits.wall_seconds:
            raise Unanswered("time")
        raise Unanswered("ended", end["exceeded"] or end["signal"] or f"exit status {end['exit']}")


def _setup_limits(limits: Limits) -> dict[str, int]:
    return {
        "memory_mb": limits.memory_mb,
        "cpu_seconds": cpu_seconds(limits),
        "processes": limits.processes,
        "file_mb": limits.file_mb,
        "open_files": _OPEN_FILES,
    }


def _caps(limits: Limits, largest: int) -> bytes:
    caps = {
        "response": 2 * largest,
        "output": limits.output_kb * 1024,
        "memory": (limits.memory_mb + 64) * MIB,
        "files": _MAX_FILES,
        "processes": limits.processes,
        "plain": False,
    }
    return json.dumps(caps).encode()
