"""What a forked child does: it confines itself, loads one submission, answers the calls to it, and exits.

It serves one submission and never returns to the fork server. All its frames are data to the grader: a submission could
have written any of them. `grader.harness.wire.frames` draws its states.
"""

import ast
import fcntl
import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from grader.harness.child.confine import ChildPipes, Confinement, confine, flush, limit
from grader.harness.child.loading import decoded, load
from grader.harness.child.repaired_source import RepairedSource
from grader.harness.child.repairs import list_repairs, minor_lines
from grader.harness.child.scratch import empty_scratch
from grader.harness.child.screen import screen
from grader.harness.child.tracing import Tracer
from grader.harness.wire.documents import is_too_large
from grader.harness.wire.frames import HEADER, FrameKind, frame
from grader.harness.wire.pipes import read_exactly, write_all

_REPAIR_SECONDS = 0.1  # of one call to a repaired submission: a repair can make an endless loop
NOT_TRIED: dict[str, Any] = {
    "value": None,
    "error": {"type": "NotTried", "message": "", "line": None, "traceback": ""},
    "graph": None,
    "seconds": 0.0,
    "modified": [],
}
"""The observation of a call with a repair for which no time was left, or that took too long."""

EXHAUSTED = 86  # the exit status of a child that ran out of memory and could still report it


@dataclass(frozen=True, kw_only=True, slots=True)
class Setup:
    """The body of SETUP: the limits, the names and the device of this submission.

    `trace`, `repairs` and `edits` are set only if the line of a mistake is looked for, after the score is known.
    """

    limits: Mapping[str, int]
    entries: tuple[str, ...]
    imports: tuple[str, ...]
    stream_losses: bool
    device: str | None
    trace: bool
    repairs: tuple[tuple[int, ...], ...]
    repair_seconds: float
    edits: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluator:
    """What a child makes calls with: with torch (`child.with_torch`) or without (`child.plain`).

    `stream_losses` reports the losses of this process; flush what it returns when a call has ended.
    """

    reset: Callable[[], None]
    evaluate: Callable[..., tuple[dict[str, Any], dict[str, Any]]]
    pack: Callable[[Any, Mapping[str, Any]], bytes]
    unpack: Callable[[bytes], tuple[Any, Any]]
    stream_losses: Callable[[Callable[[Any], None]], Any] | None


def child_main(
    uid: int | None,
    pipes: ChildPipes,
    *,
    evaluator: Evaluator,
    confinement: Confinement,
    start_device: Callable[[], None],
    warm_up: Callable[[], None],
) -> NoReturn:
    """Run the child, from fork to exit.

    `start_device` prepares what a child cannot inherit (a GPU); if that fails, the child ends.
    `warm_up` is called for each WARM_UP frame.
    """
    status = 1
    try:
        _CallServer(confine(uid, pipes, confinement, start_device), evaluator).serve(warm_up)
        status = 0
    except MemoryError:
        status = EXHAUSTED
    except EOFError:
        status = 0  # the grader has no more calls
    except BaseException as error:
        _report_fatal(error)
    finally:
        os._exit(status)


class _CallServer:
    """Answers the calls to one submission."""

    def __init__(self, pipes: ChildPipes, evaluator: Evaluator) -> None:
        self._pipes = pipes
        self._evaluator = evaluator
        self._answered = 0
        self._buffered = b""
        self._unnotified = 0
        # Half of what the pipe holds. That is 64 KiB, or less if one user has a thousand pipes.
        self._most = fcntl.fcntl(pipes.response_fd, fcntl.F_GETPIPE_SZ) // 2
        self._observation_bytes_left = 0
        self._sampler: Any = None
        self._tracer: Tracer | None = None

    def serve(self, warm_up: Callable[[], None]) -> None:
        """Load the submission, answer calls until the grader closes its end, and empty the scratch folder."""
        self._send(FrameKind.READY)
        setup = Setup(**json.loads(self._await_setup(warm_up)))
        self._evaluator.reset()
        source = self._read(FrameKind.SOURCE)
        self._observation_bytes_left = setup.limits["observation_mb"] * 1024 * 1024
        limit(setup.limits)
        self._send(FrameKind.SANDBOXED)
        try:
            self._answer_all(setup, source)
        except MemoryError as error:
            self._send(FrameKind.EXHAUSTED, b"gpu" if "CUDA" in str(error) else b"cpu")
            raise
        finally:
            empty_scratch()

    def _await_setup(self, warm_up: Callable[[], None]) -> bytes:
        while not (setup := self._read(FrameKind.SETUP, FrameKind.WARM_UP)):
            warm_up()
        return setup

    def _answer_all(self, setup: Setup, source: bytes) -> None:
        if setup.stream_losses and self._evaluator.stream_losses is not None:
            self._sampler = self._evaluator.stream_losses(
                lambda points: self._send_json(FrameKind.PROGRESS, {"loss": points})
            )
        if setup.repairs:
            self._answer_repaired(setup, source)
            return
        outline = self._start_trace(source, tensors="torch" in setup.imports) if setup.trace else {}
        namespace, document = load(source, entries=setup.entries, imports=setup.imports)
        document |= outline
        if _ran_out(document["error"]):
            raise MemoryError(document["error"]["message"])
        self._send_json(FrameKind.LOADED, document)
        self._notify()
        while not (document["error"] or document["missing"]):
            calls, tensors = self._evaluator.unpack(self._read(FrameKind.CALLS))
            for call in calls:
                self._send_json(FrameKind.PROGRESS, {"call": self._answered})
                self._buffer(FrameKind.OBSERVATION, self._observe(namespace, call, tensors, setup.device))
                self._answered += 1
            self._write_buffered()
            self._notify()

    def _answer_repaired(self, setup: Setup, source: bytes) -> None:
        """Answer all calls with the first group of repairs, then with the second, and so on.

        What one group leaves behind can disturb the next: the grader tries what seems to work again, in a fresh child.
        """
        text = decoded(source)
        screen(text)
        repaired = RepairedSource(text, tensors="torch" in setup.imports)
        chosen = [tuple(positions) for positions in setup.repairs]
        edits = [repaired.edit(positions) for positions in dict.fromkeys(chosen)] if setup.edits else []
        self._send_json(FrameKind.LOADED, {"error": None, "missing": [], "edits": edits})
        self._notify()
        calls, tensors = self._evaluator.unpack(self._read(FrameKind.CALLS))
        nothing = self._evaluator.pack(NOT_TRIED, {})
        start = _processor_seconds()
        for positions in chosen:
            namespace: dict[str, Any] | None = None
            for call in calls:
                message = b""
                if _processor_seconds() - start < setup.repair_seconds:
                    with suppress(Exception, _TooLong), _at_most(_REPAIR_SECONDS):
                        if namespace is None:
                            self._evaluator.reset()
                            codes = repaired.codes(positions)
                            namespace, _ = load(source, entries=setup.entries, imports=setup.imports, codes=codes)
                        message = self._observe(namespace, call, tensors, setup.device, describe=_only_named)
                self._buffer(FrameKind.OBSERVATION, message or nothing)
        self._write_buffered()
        self._notify()

    def _start_trace(self, source: bytes, *, tensors: bool) -> dict[str, Any]:
        """Prepare to trace the calls, and return what LOADED says of the source in addition: its repairs."""
        try:
            tree = ast.parse(decoded(source))
            self._tracer = Tracer(tree, tensors=tensors)
            found = list_repairs(tree, tensors=tensors)
            return {"repairs": [[one.line, one.kind] for one in found], "minor": minor_lines(tree)}
        except (SyntaxError, ValueError, RecursionError):
            return {}  # `load` says why

    def _observe(
        self,
        namespace: Mapping[str, Any],
        call: Any,
        tensors: Any,
        device: str | None,
        describe: Callable[[BaseException], dict[str, Any]] | None = None,
    ) -> bytes:
        if self._tracer is not None:
            self._tracer.start()
        document, results = self._evaluator.evaluate(namespace, call, tensors, device, describe)
        if self._tracer is not None:
            document["trace"] = self._tracer.stop()
        if describe is not None:
            document["seconds"] = 0.0  # so that equal answers are equal messages
        if self._sampler is not None:
            self._sampler.end_call()
        if _ran_out(document["error"]):
            raise MemoryError(document["error"]["message"])
        size = sum(tensor.nbytes for tensor in results.values())
        message = self._evaluator.pack(document, results) if size <= self._observation_bytes_left else b""
        if not message or len(message) > self._observation_bytes_left or is_too_large(message):
            message = self._evaluator.pack(_too_large(document, max(size, len(message))), {})
        self._observation_bytes_left -= len(message)
        return message

    def _send_json(self, kind: FrameKind, document: Any) -> None:
        self._send(kind, json.dumps(document).encode())

    def _send(self, kind: FrameKind, body: bytes = b"") -> None:
        self._buffer(kind, body)
        self._write_buffered()

    def _buffer(self, kind: FrameKind, body: bytes) -> None:
        """Keep a frame for the next write."""
        self._buffered += frame(kind, body)

    def _write_buffered(self) -> None:
        """Write the frames to the pipe: there they survive this process. The supervisor can forward them later."""
        flush()
        buffered, self._buffered = self._buffered, b""
        for start in range(0, len(buffered), self._most):
            piece = buffered[start : start + self._most]
            if self._unnotified + len(piece) > self._most:
                self._notify()  # otherwise the pipe could become full
            write_all(self._pipes.response_fd, piece)
            self._unnotified += len(piece)

    def _notify(self) -> None:
        """Have the supervisor forward what was written: this wakes the supervisor, then the engine, then the grader."""
        self._unnotified = 0
        with suppress(BlockingIOError):  # the pipe is full of notifications already
            os.write(self._pipes.wakeup_fd, b"!")

    def _read(self, *kinds: FrameKind) -> bytes:
        number, size = HEADER.unpack(read_exactly(self._pipes.request_fd, HEADER.size))
        if number not in kinds:
            raise ValueError(f"frame {number} instead of {kinds}")
        return read_exactly(self._pipes.request_fd, size)


class _TooLong(BaseException):
    """A call took too long."""


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raise _TooLong in the block, again and again, once it takes longer."""

    def stop(*_: object) -> NoReturn:
        raise _TooLong

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _only_named(error: BaseException) -> dict[str, Any]:
    """Describe an exception by its type alone: nobody reads more of one that a repair raised."""
    return {"type": type(error).__name__, "message": "", "line": None, "traceback": ""}


def _processor_seconds() -> float:
    """Return the processor time of this process and of its children that have ended."""
    return sum(os.times()[:4])


def _ran_out(error: Mapping[str, Any] | None) -> bool:
    """Whether torch could not allocate memory; on the CPU it raises RuntimeError for that."""
    if error is None:
        return False
    return error["type"] == "OutOfMemoryError" or (
        error["type"] == "RuntimeError" and "can't allocate memory" in error["message"]
    )


def _too_large(document: Mapping[str, Any], size: int) -> dict[str, Any]:
    message = f"the result is too large to be looked at ({size // 1024} kB)"
    error = {"type": "ResultTooLarge", "message": message, "line": None, "traceback": message}
    return {**document, "value": None, "graph": None, "error": error}


def _report_fatal(error: BaseException) -> None:
    text = f"{type(error).__name__}: {error}\n"[:2000]
    os.write(2, text.encode(errors="replace"))
