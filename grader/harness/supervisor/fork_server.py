"""The nursery: a process that imports torch once, and forks a child when the keeper asks for one.

    keeper ──who, and which pipes──> nursery ──fork──> child
           <────────process id──────

It does nothing else, and no byte of a submission ever reaches it: what children are copies of has met no learner. The
children are the keeper's, who waits for them; keeper and nursery have their descriptors in common, so that a pipe is
handed over by its number. And since what a parent writes to is copied for each of its children, it writes to little.

A kernel that gives a child to nobody but who forked it (gVisor) has no nursery: there the keeper is `InProcessForker`.
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

from grader.harness.child.confine import Ends
from grader.harness.supervisor.splice import read_exactly
from grader.harness.system import CLONE_FILES, CLONE_PARENT, PR_SET_PDEATHSIG, forker, prctl

ChildMain = Callable[[int | None, Ends], NoReturn]
Rear = Callable[[], tuple[dict[str, Any], ChildMain]]
"""Imports what children need; returns what is to be told of it, and what a child does from its fork to its exit."""

_REQUEST = struct.Struct("=5i")  # user id or -1, told, said, text, bell
_ANSWER = struct.Struct("=i")
_SIZE = struct.Struct("=I")
_LOOK_MS = 500


class ForkServerDied(RuntimeError):
    """There is nobody left who forks children."""


class Forker(Protocol):
    """Who makes children for the keeper. `pid` is the process that they are copies of."""

    pid: int

    def await_warm(self) -> dict[str, Any]:
        """Return what there is to tell, once all is ready; ForkServerDied where it never will be."""

    def fork(self, uid: int | None, ends: Ends) -> int:
        """Return the process id of a new child with copies of these pipes' ends; ForkServerDied where nobody forks."""


def start_fork_server(rear: Rear) -> Forker:
    """Start a nursery; where the kernel cannot have one, `rear` is called in this process."""
    return Nursery(rear) if _children_can_be_given_away() else InProcessForker(rear)


class InProcessForker:
    """Children are forks of the keeper."""

    def __init__(self, rear: Rear) -> None:
        self.pid = os.getpid()
        self._rear = rear

    def await_warm(self) -> dict[str, Any]:
        """See `Forker`."""
        told, self._birth = self._rear()
        return told

    def fork(self, uid: int | None, ends: Ends) -> int:
        """See `Forker`."""
        pid = os.fork()
        if pid == 0:
            random.seed(0)  # it has just been seeded anew, and learners are to find it as it was
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._birth(uid, ends)
        return pid


class Nursery:
    """The keeper's side: starts the nursery and asks it for children."""

    def __init__(self, rear: Rear) -> None:
        requests, self._asks = os.pipe2(os.O_CLOEXEC)
        self._answers, answers = os.pipe2(os.O_CLOEXEC)
        self.pid = forker(CLONE_FILES)()
        if self.pid == 0:
            _live(rear, requests, answers)

    def await_warm(self) -> dict[str, Any]:
        """See `Forker`."""
        (size,) = _SIZE.unpack(self._hear(_SIZE.size))
        told: dict[str, Any] = json.loads(self._hear(size))
        return told

    def fork(self, uid: int | None, ends: Ends) -> int:
        """See `Forker`."""
        os.write(self._asks, _REQUEST.pack(-1 if uid is None else uid, ends.told, ends.said, ends.text, ends.bell))
        (pid,) = _ANSWER.unpack(self._hear(_ANSWER.size))
        return int(pid)

    def _hear(self, size: int) -> bytes:
        # Its end of the pipe is ours, too, so its death closes nothing: ask from time to time.
        poll = select.poll()
        poll.register(self._answers, select.POLLIN)
        while not poll.poll(_LOOK_MS):
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                raise ForkServerDied
        return read_exactly(self._answers, size)


def _live(rear: Rear, requests: int, answers: int) -> NoReturn:
    try:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        told, birth = rear()
        message = json.dumps(told).encode()
        os.write(answers, _SIZE.pack(len(message)) + message)
        fork = forker(CLONE_PARENT)
        while True:
            _serve_one(os.read(requests, _REQUEST.size), answers, fork, birth)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def _serve_one(request: bytes, answers: int, fork: Callable[[], int], birth: ChildMain) -> None:
    uid, told, said, text, bell = _REQUEST.unpack(request)
    pid = fork()
    if pid == 0:
        birth(None if uid < 0 else uid, Ends(told=told, said=said, text=text, bell=bell))
    os.write(answers, _ANSWER.pack(pid))


def _children_can_be_given_away() -> bool:
    """Try it: a process forks a child for us, and looks whether it has become its own."""
    trier = forker()()
    if trier == 0:
        try:
            child = forker(CLONE_PARENT)()
            if child:
                os.waitpid(child, 0)
        except ChildProcessError:
            os._exit(0)  # it is not ours
        finally:
            os._exit(1)
    given_away = os.waitpid(trier, 0)[1] == 0
    if given_away:
        os.waitpid(-1, 0)
    return given_away
