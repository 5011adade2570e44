"""The fork server: a process that imports torch once and forks a child whenever the supervisor requests one.

    supervisor ──user id, pipes──> fork server ──fork──> child
               <───process id─────

It is the idea of `multiprocessing.forkserver` and of Android's zygote. The fork server does nothing else, and no byte
of a submission ever reaches it: the memory that a child is a copy of contains nothing of other learners.

The supervisor is the parent of the children (CLONE_PARENT) and waits for them. Supervisor and fork server share their
descriptors (CLONE_FILES), so a pipe is passed by its number. The kernel copies every page that a parent writes to, once
for each of its children, so the fork server writes as little as possible.

gVisor has no CLONE_PARENT: there the supervisor forks the children itself (`InProcessForker`).
"""

import json
import os
import random
import select
import signal
import struct
import traceback
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

from grader.harness.child.confine import ChildPipes
from grader.harness.system import CLONE_FILES, CLONE_PARENT, PR_SET_PDEATHSIG, forker, prctl
from grader.harness.wire.pipes import read_exactly

ChildMain = Callable[[int | None, ChildPipes], NoReturn]
"""What a child does from its fork to its exit. The first argument is its user id; None keeps the supervisor's."""

Preload = Callable[[], tuple[dict[str, Any], ChildMain]]
"""Imports what children need; returns what the handshake says about it, and the children's main function."""

_REQUEST = struct.Struct("=5i")  # user id or -1, request_fd, response_fd, output_fd, wakeup_fd
_RESPONSE = struct.Struct("=i")
_SIZE = struct.Struct("=I")
_LIVENESS_MS = 500


class ForkServerDied(RuntimeError):
    """The fork server has ended: no more children can be forked."""


class Forker(Protocol):
    """Forks children for the supervisor. `pid` is the process that they are copies of."""

    pid: int

    def await_ready(self) -> dict[str, Any]:
        """Wait until everything is imported and return the handshake. Raises ForkServerDied if it fails."""

    def fork(self, uid: int | None, pipes: ChildPipes) -> int:
        """Fork a child that has copies of these pipes; return its process id. Raises ForkServerDied."""


def start_fork_server(preload: Preload) -> Forker:
    """Start a fork server, which calls `preload`. If the kernel has no CLONE_PARENT, this process forks instead."""
    return ForkServer(preload) if _supports_clone_parent() else InProcessForker(preload)


class InProcessForker:
    """The supervisor forks the children itself."""

    def __init__(self, preload: Preload) -> None:
        self.pid = os.getpid()
        self._preload = preload

    def await_ready(self) -> dict[str, Any]:
        """See `Forker`."""
        handshake, self._child_main = self._preload()
        return handshake

    def fork(self, uid: int | None, pipes: ChildPipes) -> int:
        """See `Forker`."""
        pid = os.fork()
        if pid == 0:
            random.seed(0)  # `os.fork` has just seeded it anew, and every submission must find the same state
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._child_main(uid, pipes)
        return pid


class ForkServer:
    """Starts the fork server and sends requests to it. This is the supervisor's side."""

    def __init__(self, preload: Preload) -> None:
        requests, self._request_fd = os.pipe2(os.O_CLOEXEC)
        self._response_fd, responses = os.pipe2(os.O_CLOEXEC)
        self.pid = forker(CLONE_FILES)()
        if self.pid == 0:
            _serve(preload, requests, responses)

    def await_ready(self) -> dict[str, Any]:
        """See `Forker`."""
        (size,) = _SIZE.unpack(self._read(_SIZE.size))
        handshake: dict[str, Any] = json.loads(self._read(size))
        return handshake

    def fork(self, uid: int | None, pipes: ChildPipes) -> int:
        """See `Forker`."""
        number = -1 if uid is None else uid
        request = _REQUEST.pack(number, pipes.request_fd, pipes.response_fd, pipes.output_fd, pipes.wakeup_fd)
        os.write(self._request_fd, request)
        (pid,) = _RESPONSE.unpack(self._read(_RESPONSE.size))
        return int(pid)

    def _read(self, size: int) -> bytes:
        # We share its descriptors, so its death closes no pipe: ask the kernel from time to time whether it lives.
        poll = select.poll()
        poll.register(self._response_fd, select.POLLIN)
        while not poll.poll(_LIVENESS_MS):
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                raise ForkServerDied
        return read_exactly(self._response_fd, size)


def _serve(preload: Preload, requests: int, responses: int) -> NoReturn:
    """Be the fork server, until the supervisor ends."""
    try:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        handshake, child_main = preload()
        message = json.dumps(handshake).encode()
        os.write(responses, _SIZE.pack(len(message)) + message)
        fork = forker(CLONE_PARENT)
        while True:
            _fork_one(os.read(requests, _REQUEST.size), responses, fork, child_main)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def _fork_one(request: bytes, responses: int, fork: Callable[[], int], child_main: ChildMain) -> None:
    uid, request_fd, response_fd, output_fd, wakeup_fd = _REQUEST.unpack(request)
    pid = fork()
    if pid == 0:
        pipes = ChildPipes(request_fd=request_fd, response_fd=response_fd, output_fd=output_fd, wakeup_fd=wakeup_fd)
        child_main(None if uid < 0 else uid, pipes)
    os.write(responses, _RESPONSE.pack(pid))


def _supports_clone_parent() -> bool:
    """Try it: a process forks a child with CLONE_PARENT and checks that the kernel has made it ours."""
    trier = forker()()
    if trier == 0:
        try:
            child = forker(CLONE_PARENT)()
            if child:
                os.waitpid(child, 0)
        except ChildProcessError:
            os._exit(0)  # it is not the trier's child
        finally:
            os._exit(1)
    supported = os.waitpid(trier, 0)[1] == 0
    if supported:
        os.waitpid(-1, 0)
    return supported
