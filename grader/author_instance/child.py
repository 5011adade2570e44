"""What a forked child of an author's instance does: it confines itself, loads one package, answers questions, exits.

It serves one grading and never returns to the fork server. What it sends is data to the worker: the package's own code
runs in this process and could have written any of it.
"""

import fcntl
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from grader.author_instance.answers import Answers
from grader.grading.packed_version import PackedVersion
from grader.harness.child.confine import ChildPipes, Confinement, confine, flush, limit
from grader.harness.child.global_state import reset
from grader.harness.child.scratch import empty_scratch
from grader.harness.wire.frames import HEADER, FrameKind, frame
from grader.harness.wire.pipes import read_exactly, write_all

EXHAUSTED = 86  # the exit status of a child that ran out of memory and could still report it


def child_main(
    uid: int | None, pipes: ChildPipes, *, confinement: Confinement, warm_up: Callable[[], None]
) -> NoReturn:
    """Run the child, from fork to exit. `warm_up` is called for each WARM_UP frame."""
    status = 1
    try:
        _QuestionServer(confine(uid, pipes, confinement, _start_no_device)).serve(warm_up)
        status = 0
    except MemoryError:
        status = EXHAUSTED
    except EOFError:
        status = 0  # the worker has no more questions
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n"[:2000].encode(errors="replace"))
    finally:
        os._exit(status)


class _QuestionServer:
    """Answers the questions to one package over the child's pipes."""

    def __init__(self, pipes: ChildPipes) -> None:
        self._pipes = pipes
        # Half of what the pipe holds.
        self._most = fcntl.fcntl(pipes.response_fd, fcntl.F_GETPIPE_SZ) // 2

    def serve(self, warm_up: Callable[[], None]) -> None:
        """Load the package, answer questions until the worker closes its end, and empty the scratch folder."""
        self._send(FrameKind.READY)
        while not (setup := self._read(FrameKind.SETUP, FrameKind.WARM_UP)):
            warm_up()
        document = json.loads(setup)
        reset()
        files = self._read(FrameKind.SOURCE)
        limit(document["limits"])
        self._send(FrameKind.SANDBOXED)
        sys.dont_write_bytecode = True
        try:
            folder = Path.cwd() / "package"
            sent = PackedVersion.read(files)
            sent.write(folder)
            answers = Answers(folder, documents=sent.documents, **document["package"])
            while True:
                self._send(FrameKind.OBSERVATION, answers.to(self._read(FrameKind.CALLS)))
        except MemoryError:
            self._send(FrameKind.EXHAUSTED, b"cpu")
            raise
        finally:
            empty_scratch()

    def _send(self, kind: FrameKind, body: bytes = b"") -> None:
        """Write a frame, and have the supervisor forward it: at the end, and when the pipe is nearly full."""
        flush()
        whole = frame(kind, body)
        for start in range(0, len(whole), self._most):
            write_all(self._pipes.response_fd, whole[start : start + self._most])
            self._notify()

    def _notify(self) -> None:
        try:
            os.write(self._pipes.wakeup_fd, b"!")
        except BlockingIOError:
            return  # the pipe is full of notifications already

    def _read(self, *kinds: FrameKind) -> bytes:
        number, size = HEADER.unpack(read_exactly(self._pipes.request_fd, HEADER.size))
        if number not in kinds:
            raise ValueError(f"frame {number} instead of {kinds}")
        return read_exactly(self._pipes.request_fd, size)


def _start_no_device() -> None:
    """Start nothing: authors' code gets no GPU."""
