"""The keeper: the first process of a sandbox. It has a child for every submission, born of the nursery.

    grader ──frames──> keeper ──bytes, unread──> child
           <─frames───        <─bytes, unread───

It runs nothing of a learner's, holds nothing of a learner's (see `relay`), and says of each child how it ended. It does
not clean up after a bad one: it reports, and the grader throws the whole sandbox away.
"""

import json
import os
import select
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import astuple, dataclass
from typing import Any

from grader.harness.child.confine import Ends, scratch_of
from grader.harness.supervisor import residue
from grader.harness.supervisor.direct_pipes import DirectPipes
from grader.harness.supervisor.fork_server import Forker, ForkServerDied
from grader.harness.supervisor.identity import Users
from grader.harness.supervisor.splice import (
    Discard,
    InputForwarder,
    OutputForwarder,
    discard,
    read_exactly,
    send,
    waiting,
)
from grader.harness.supervisor.watch import Watch, waited_for_a_processor
from grader.harness.wire.frames import HEADER, FrameKind

IDLE_SECONDS = 0.01  # without a submission for so long, there is time for a rehearsal
BEAT_SECONDS = 0.5
WAKE_SECONDS = 60.0  # a GPU that nobody else uses may take ten
AHEAD = 2  # children that wait: when one ends, the next one has been ready for a while
WORDS = 2000


@dataclass(slots=True)
class _Child:
    """A forked child and the keeper's ends of its pipes."""

    pid: int
    told: int
    said: int
    text: int
    bell: int
    rehearsed: bool = False
    starved: int = 0  # milliseconds that it waits for a processor, or others for it, which are not its program's
    status: int | None = None
    usage: Any = None


class Supervisor:
    """Serves one submission after another on a pipe in and a pipe out."""

    def __init__(self, nurse: Forker, source: int, sink: int) -> None:
        """`source` and `sink` are the grader's pipes."""
        self._nurse = nurse
        self._waiting: deque[_Child] = deque()
        self._users = Users.of_this_sandbox()
        self._void = Discard()
        self._in, self._out = source, sink
        self._line = DirectPipes()
        self._wake, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        # A first process gets the signals that it handles, from whoever shares its user.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._childless = False
        self._next_beat = 0.0

    def serve(self) -> None:
        """Serve until the grader closes its end."""
        handshake = self._nurse.await_warm()
        self._traces = residue.Traces.of_now()
        self._fork_ahead()
        self._await_awake()
        ours = {"switches_user": self._users.switches, "direct_pipes": self._line.told()}
        send(self._out, FrameKind.HANDSHAKE, json.dumps(handshake | ours).encode())
        try:
            while True:
                caps = self._await_open()
                self._make_sure_of_a_child()
                waited = self._await_awake(self._beat)
                self._serve_one(self._waiting.popleft(), caps, waited)
                self._fork_ahead()
        except EOFError:
            return

    def _fork_ahead(self) -> None:
        """Fork children ahead of time, never while a submission runs: each confines itself and waits for a program."""
        if self._childless:
            raise ForkServerDied
        while len(self._waiting) < AHEAD:
            self._waiting.append(self._fork())

    def _make_sure_of_a_child(self) -> None:
        """Have a child that lives: one that waited may have died under the last submission, or just now."""
        self._bury()
        if not self._waiting:
            self._fork_ahead()

    def _await_awake(self, beat: Callable[[int], None] = lambda _: None) -> int:
        """Let no submission run while a child is still getting ready: it could put obstacles in its way.

        Calls `beat` with the milliseconds that have passed, once in a while, and returns how many it were in the end.
        """
        began = time.monotonic()
        passed = 0
        for child in self._waiting:
            poll = select.poll()
            poll.register(child.said, select.POLLIN)
            while not poll.poll(BEAT_SECONDS * 1000) and passed < WAKE_SECONDS * 1000:
                passed = _milliseconds_since(began)
                beat(passed)
            _require_awake(child)
        return _milliseconds_since(began)

    def _fork(self) -> _Child:
        (told, to_child), (from_child, said), (print_out, text) = os.pipe(), os.pipe(), os.pipe()
        # Nobody waits for a bell: it may be ringing already, and who rings may take it back.
        rung, bell = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        ends = Ends(told=told, said=said, text=text, bell=bell)
        pid = self._nurse.fork(self._users.next(), ends)
        for fd in astuple(ends):
            os.close(fd)
        return _Child(pid, told=to_child, said=from_child, text=print_out, bell=rung)

    def _await_open(self) -> dict[str, int]:
        """Return the caps of the next submission, past what was still on its way to the last one."""
        while True:
            self._await_news()
            kind, size = HEADER.unpack(read_exactly(self._in, HEADER.size))
            if kind == FrameKind.OPEN:
                caps: dict[str, int] = json.loads(read_exactly(self._in, size))
                return caps
            discard(self._in, self._void, size)
            if kind == FrameKind.SWITCH:
                self._in, self._out = self._line.take()

    def _await_news(self) -> None:
        """Wait until the grader says something; meanwhile, once there is time for it, the children may rehearse."""
        poll = select.poll()
        poll.register(self._in, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        patience: float | None = IDLE_SECONDS * 1000
        while self._in not in (ready := dict(poll.poll(patience))):
            if self._wake in ready:
                self._bury()
                self._fork_ahead()
            else:
                self._let_rehearse()
                patience = None

    def _bury(self) -> None:
        """Let go of children that died while they waited."""
        self._reap()
        for child in [child for child in self._waiting if child.status is not None]:
            _require_awake(child)
            self._waiting.remove(child)
            for fd in (child.told, child.said, child.text, child.bell):
                os.close(fd)
            _remove_scratch_of(child)

    def _let_rehearse(self) -> None:
        for child in self._waiting:
            if not child.rehearsed:
                child.rehearsed = True
                with suppress(BrokenPipeError):
                    send(child.told, FrameKind.WARM_UP, b"")

    def _serve_one(self, child: _Child, caps: dict[str, int], waited: int) -> None:
        kills = residue.oom_kills()
        child.starved = waited_for_a_processor(child.pid) - waited
        inlet = InputForwarder(self._in, child.told, self._void)
        said = OutputForwarder(child.said, self._out, self._void, kind=FrameKind.DATA, cap=caps["response"])
        text = OutputForwarder(child.text, self._out, self._void, kind=FrameKind.OUTPUT, cap=caps["output"])
        watch = Watch(caps, known=self._known(), born_with=residue.private_memory(child.pid))
        self._relay(child, inlet, said, text, watch)
        text.drain()
        said.drain()
        if child.status is not None:
            inlet.finish()
        for fd in (child.said, child.text, child.bell):
            os.close(fd)
        _remove_scratch_of(child)
        end = _how_it_ended(child) | {
            "output_dropped": text.dropped,
            "responses_dropped": said.dropped,
            "leaked_processes": len(residue.processes(self._known()) if child.status is not None else []),
            "leaked_files": self._leftovers()[:5],
            "oom_kills": residue.oom_kills() - kills,
            "exceeded": watch.exceeded,
            "fork_server_died": self._childless,
        }
        send(self._out, FrameKind.END, json.dumps(end).encode())

    def _leftovers(self) -> list[str]:
        waiting = {scratch_of(child.pid) for child in self._waiting}
        return [path for path in self._traces.left() if path not in waiting]

    def _known(self) -> set[int]:
        return {os.getpid(), self._nurse.pid, *(child.pid for child in self._waiting)}

    def _relay(
        self, child: _Child, inlet: InputForwarder, said: OutputForwarder, text: OutputForwarder, watch: Watch
    ) -> None:
        """Move bytes until the child has ended, or has taken more than it may.

        What it says is passed on when it rings for it, and with what it prints, and once in a while.
        """
        heard = {child.bell, text.source}
        self._reap(child)  # it may have died while it waited
        while child.status is None and not watch.exceeded:
            ready = self._poll(heard, inlet, watch.interval)
            if child.bell in ready and _is_silent(child.bell):
                heard.remove(child.bell)
            # What was printed comes before what was answered afterwards: first look, then pass on.
            answered = waiting(said.source)
            if not text.pass_on() and text.source in ready:
                heard.remove(text.source)
            said.pass_on(answered)
            if self._in in ready:
                self._take_in(inlet)
            if self._wake in ready:
                self._reap(child)
            watch.look()
            if time.monotonic() >= self._next_beat:
                self._next_beat = time.monotonic() + BEAT_SECONDS
                self._beat(waited_for_a_processor(child.pid) - child.starved)

    def _beat(self, lost: int) -> None:
        """Tell the grader that time passes here, too: a run is not to blame for a sandbox or an engine that stopped.

        `lost` are milliseconds that the run was kept waiting; a process that has just ended tells of none.
        """
        send(self._out, FrameKind.HEARTBEAT, b"%d" % max(0, lost))

    def _reap(self, *running: _Child) -> None:
        """Collect every process that has ended; orphans of a child come to the first process, too."""
        with suppress(BlockingIOError):
            os.read(self._wake, 512)
        with suppress(ChildProcessError):
            while (ended := os.wait4(-1, os.WNOHANG))[0]:
                self._childless |= ended[0] == self._nurse.pid
                for child in (*running, *self._waiting):
                    if child.pid == ended[0]:
                        _, child.status, child.usage = ended

    def _poll(self, sources: Collection[int], inlet: InputForwarder, timeout: float) -> set[int]:
        poll = select.poll()
        for fd in (*sources, self._wake):
            poll.register(fd, select.POLLIN)
        if inlet.sink is None or not waiting(self._in):
            poll.register(self._in, select.POLLIN)
            return {fd for fd, _ in poll.poll(timeout * 1000)}
        # There is more for the child: go on once it reads, or has gone, or nobody wants to know any more.
        poll.register(inlet.sink, select.POLLOUT)
        poll.register(self._in, 0)
        ready = {fd for fd, _ in poll.poll(timeout * 1000)}
        if self._in in ready:
            raise EOFError
        return {self._in if fd == inlet.sink else fd for fd in ready}

    def _take_in(self, inlet: InputForwarder) -> None:
        if inlet.left:
            inlet.pass_on()
            return
        kind, size = HEADER.unpack(read_exactly(self._in, HEADER.size))
        if kind == FrameKind.CLOSE:
            inlet.close()
        else:
            inlet.left = size


def _is_silent(bell: int) -> bool:
    """Whether nobody is left to ring; what has been rung is taken out."""
    with suppress(BlockingIOError):
        return not os.read(bell, 512)
    return False


def _milliseconds_since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


def _require_awake(child: _Child) -> None:
    """Give up where a child did not get ready: the next one would not either, and what it needs is not here.

    It has not met a learner yet, so what it said last may be read: it is for the operator.
    """
    if not waiting(child.said):
        words = os.read(child.text, WORDS) if waiting(child.text) else b"it did not say why"
        sys.exit(f"a child did not get ready: {words.decode(errors='replace').strip()}")


def _remove_scratch_of(child: _Child) -> None:
    with suppress(OSError):
        os.rmdir(scratch_of(child.pid))  # noqa: PTH106 - it works for an empty one only, as it should


def _how_it_ended(child: _Child) -> dict[str, Any]:
    if child.status is None:
        return {"exit": None, "signal": None}
    killed = os.WIFSIGNALED(child.status)
    return {
        "exit": None if killed else os.WEXITSTATUS(child.status),
        "signal": signal.Signals(os.WTERMSIG(child.status)).name if killed else None,
        "cpu_seconds": round(child.usage.ru_utime + child.usage.ru_stime, 4),
        "max_rss_kb": child.usage.ru_maxrss,
    }


def take_over_pipes() -> tuple[int, int]:
    """Move the grader's pipes away from 0 and 1, where a stray print could reach them."""
    pipes = os.dup(0), os.dup(1)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return pipes
