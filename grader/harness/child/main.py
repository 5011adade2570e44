"""What a forked child does: confine itself, load one submission, answer the calls put to it, and end.

It belongs to one submission and never returns. Everything that it says goes to the grader as data, and a submission may
have written all of it.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from grader.harness.child import losses
from grader.harness.child.confine import Ends, Walls, confine, flush, limit
from grader.harness.child.evaluate import evaluate
from grader.harness.child.global_state import reset
from grader.harness.child.loading import load
from grader.harness.supervisor.splice import read_exactly, write
from grader.harness.wire.frames import HEADER, FrameKind, frame
from grader.harness.wire.values import is_too_large, pack, unpack

EXHAUSTED = 86  # the exit status of a child that ran out of memory and could still say so


@dataclass(frozen=True, kw_only=True, slots=True)
class Setup:
    """What the grader asks of this child, as it arrives: the limits, the names, the device."""

    limits: Mapping[str, int]
    entries: tuple[str, ...]
    imports: tuple[str, ...]
    stream_losses: bool
    device: str | None


def live(
    uid: int | None, ends: Ends, *, walls: Walls, warm: Callable[[], None], rehearse: Callable[[], None]
) -> NoReturn:
    """Be the child, from fork to exit.

    `warm` prepares what cannot be inherited (a GPU): a child is awake when that is done, or dies of it. `rehearse`
    prepares what need not be waited for.
    """
    status = 1
    try:
        _Child(confine(uid, ends, walls, warm)).serve(rehearse)
        status = 0
    except MemoryError:
        status = EXHAUSTED
    except EOFError:
        status = 0  # the grader had nothing more to ask
    except BaseException as error:
        _last_words(error)
    finally:
        os._exit(status)


class _Child:
    def __init__(self, ends: Ends) -> None:
        self._ends = ends
        self._answered = 0
        self._held = b""
        self._unheard = 0
        # Half of what the pipe holds: not always 64 kB, but less where one user has a thousand pipes.
        self._piece = fcntl.fcntl(ends.said, fcntl.F_GETPIPE_SZ) // 2
        self._room = 0
        self._sampler: losses.Sampler | None = None

    def serve(self, rehearse: Callable[[], None]) -> None:
        """Take in the program, answer calls until the grader closes its end, tidy up."""
        self._say(FrameKind.READY)
        setup = Setup(**json.loads(self._await_program(rehearse)))
        reset()
        source = self._read(FrameKind.SOURCE)
        self._room = setup.limits["observation_mb"] * 1024 * 1024
        limit(setup.limits)
        self._say(FrameKind.SANDBOXED)
        try:
            self._answer_all(setup, source)
        except MemoryError as error:
            self._say(FrameKind.EXHAUSTED, b"gpu" if "CUDA" in str(error) else b"cpu")
            raise
        finally:
            _tidy()

    def _await_program(self, rehearse: Callable[[], None]) -> bytes:
        while not (setup := self._read(FrameKind.SETUP, FrameKind.WARM_UP)):
            rehearse()
        return setup

    def _answer_all(self, setup: Setup, source: bytes) -> None:
        if setup.stream_losses:
            self._sampler = losses.stream(lambda points: self._say_json(FrameKind.PROGRESS, {"loss": points}))
        namespace, document = load(source, entries=setup.entries, imports=setup.imports)
        if _ran_out(document["error"]):
            raise MemoryError(document["error"]["message"])
        self._say_json(FrameKind.LOADED, document)
        while not (document["error"] or document["missing"]):
            calls, tensors = unpack(self._read(FrameKind.CALLS))
            for call in calls:
                self._say_json(FrameKind.PROGRESS, {"call": self._answered})
                self._hold(FrameKind.OBSERVATION, self._observe(namespace, call, tensors, setup.device))
                self._answered += 1
            self._say_held()
            self._ring()

    def _observe(self, namespace: Mapping[str, Any], call: Any, tensors: Any, device: str | None) -> bytes:
        document, results = evaluate(namespace, call, tensors, device)
        if self._sampler is not None:
            self._sampler.flush()
        if _ran_out(document["error"]):
            raise MemoryError(document["error"]["message"])
        size = sum(tensor.nbytes for tensor in results.values())
        message = pack(document, results) if size <= self._room else b""
        if not message or len(message) > self._room or is_too_large(message):
            message = pack(_too_large(document, max(size, len(message))), {})
        self._room -= len(message)
        return message

    def _say_json(self, kind: FrameKind, document: Any) -> None:
        self._say(kind, json.dumps(document).encode())

    def _say(self, kind: FrameKind, body: bytes = b"") -> None:
        self._hold(kind, body)
        self._say_held()

    def _hold(self, kind: FrameKind, body: bytes) -> None:
        """Keep a frame for the next write."""
        self._held += frame(kind, body)

    def _say_held(self) -> None:
        """Put it where nothing that happens to this process can take it back; who reads it need not know yet."""
        flush()
        held, self._held = self._held, b""
        for start in range(0, len(held), self._piece):
            piece = held[start : start + self._piece]
            if self._unheard + len(piece) > self._piece:
                self._ring()  # there would not be room for it otherwise
            write(self._ends.said, piece)
            self._unheard += len(piece)

    def _ring(self) -> None:
        """Have the keeper pass on what has been said: this wakes it, then the engine, then the grader."""
        self._unheard = 0
        with suppress(BlockingIOError):  # it is still ringing
            os.write(self._ends.bell, b"!")

    def _read(self, *kinds: FrameKind) -> bytes:
        number, size = HEADER.unpack(read_exactly(self._ends.told, HEADER.size))
        if number not in kinds:
            raise ValueError(f"frame {number} instead of {kinds}")
        return read_exactly(self._ends.told, size)


def _ran_out(error: Mapping[str, Any] | None) -> bool:
    """Whether torch, which raises RuntimeError for it, was refused memory."""
    if error is None:
        return False
    return error["type"] == "OutOfMemoryError" or (
        error["type"] == "RuntimeError" and "can't allocate memory" in error["message"]
    )


def _too_large(document: Mapping[str, Any], size: int) -> dict[str, Any]:
    message = f"the result is too large to be looked at ({size // 1024} kB)"
    error = {"type": "ResultTooLarge", "message": message, "line": None, "traceback": message}
    return {**document, "value": None, "graph": None, "error": error}


def _tidy() -> None:
    # Nobody else may: the folder belongs to this user alone. What is left in it shows, and retires the sandbox.
    flush()
    scratch = os.environ.get("HOME", "")
    for entry in os.scandir(scratch):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)  # noqa: PTH108


def _last_words(error: BaseException) -> None:
    text = f"{type(error).__name__}: {error}\n"[:2000]
    os.write(2, text.encode(errors="replace"))
