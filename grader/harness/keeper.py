"""The keeper: the first process of a sandbox. It imports torch once and forks a child for every submission.

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
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from grader.harness import aftermath
from grader.harness.child import live
from grader.harness.confine import SCRATCH, Ends, Walls, scratch_of
from grader.harness.frames import HEADER, Kind
from grader.harness.identity import Users
from grader.harness.relay import Inlet, Outlet, Void, discard, read_exactly, send, waiting

LOOK_SECONDS = 0.05
BEAT_SECONDS = 0.5
CONFINE_SECONDS = 10.0
AHEAD = 2  # children that wait: when one ends, the next one has been ready for a while


@dataclass(slots=True)
class _Child:
    """A forked child and the keeper's ends of its pipes."""

    pid: int
    told: int
    said: int
    text: int
    status: int | None = None
    usage: Any = None
    started: float = field(default_factory=time.monotonic)


class Keeper:
    """Serves one submission after another on a pipe in and a pipe out."""

    def __init__(self, walls: Walls, *, warm: Callable[[], None], hello: dict[str, Any]) -> None:
        """`warm` is what each child does before its program arrives."""
        self._walls = walls
        self._waiting: deque[_Child] = deque()
        self._warm = warm
        self._hello = hello
        self._users = Users.of_this_sandbox()
        self._void = Void()
        self._in, self._out = _take_over_pipes()
        self._wake, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self._traces = aftermath.Traces.of_now()
        self._next_beat = 0.0

    def serve(self) -> None:
        """Serve until the grader closes its end."""
        self._fork_ahead()
        send(self._out, Kind.READY, json.dumps(self._hello | {"switches_user": self._users.switches}).encode())
        try:
            while True:
                caps = self._await_open()
                self._await_confined()
                self._serve_one(self._waiting.popleft(), caps)
                self._fork_ahead()
        except EOFError:
            return

    def _fork_ahead(self) -> None:
        """Fork children ahead of time, never while a submission runs: each confines itself and waits for a program."""
        while len(self._waiting) < AHEAD:
            self._waiting.append(self._fork())

    def _await_confined(self) -> None:
        """Let no submission run while a child is still getting ready: it could put obstacles in its way."""
        for child in self._waiting:
            poll = select.poll()
            poll.register(child.said, select.POLLIN)
            poll.poll(CONFINE_SECONDS * 1000)

    def _fork(self) -> _Child:
        (told, to_child), (from_child, said), (print_out, text) = os.pipe(), os.pipe(), os.pipe()
        uid = self._users.next()
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            live(uid, Ends(told=told, said=said, text=text), self._walls, self._warm)
        for fd in (told, said, text):
            os.close(fd)
        return _Child(pid, told=to_child, said=from_child, text=print_out)

    def _await_open(self) -> dict[str, int]:
        """Return the caps of the next submission, past what was still on its way to the last one."""
        while True:
            kind, size = HEADER.unpack(read_exactly(self._in, HEADER.size))
            if kind == Kind.OPEN:
                caps: dict[str, int] = json.loads(read_exactly(self._in, size))
                return caps
            discard(self._in, self._void, size)

    def _serve_one(self, child: _Child, caps: dict[str, int]) -> None:
        kills = aftermath.oom_kills()
        inlet = Inlet(self._in, child.told, self._void)
        said = Outlet(child.said, self._out, self._void, kind=Kind.DATA, cap=caps["said"])
        text = Outlet(child.text, self._out, self._void, kind=Kind.TEXT, cap=caps["text"])
        watch = Watch(memory=caps["memory"], files=caps["files"], processes=caps["processes"], known=self._known())
        self._relay(child, inlet, said, text, watch)
        said.drain()
        text.drain()
        if child.status is not None:
            inlet.finish()
        for fd in (child.said, child.text):
            os.close(fd)
        with suppress(OSError):
            os.rmdir(scratch_of(child.pid))  # noqa: PTH106 - it works for an empty one only, as it should
        end = _how_it_ended(child) | {
            "output_dropped": text.dropped,
            "answers_dropped": said.dropped,
            "survivors": len(aftermath.processes(self._known()) if child.status is not None else []),
            "leftovers": self._leftovers()[:5],
            "oom_kills": aftermath.oom_kills() - kills,
            "exceeded": watch.exceeded,
        }
        send(self._out, Kind.END, json.dumps(end).encode())

    def _leftovers(self) -> list[str]:
        waiting = {scratch_of(child.pid) for child in self._waiting}
        return [path for path in self._traces.left() if path not in waiting]

    def _known(self) -> set[int]:
        return {os.getpid(), *(child.pid for child in self._waiting)}

    def _relay(self, child: _Child, inlet: Inlet, said: Outlet, text: Outlet, watch: "Watch") -> None:
        """Move bytes until the child has ended, or has taken more than it may."""
        outlets = {said.source: said, text.source: text}
        self._reap(child)  # it may have died while it waited
        while child.status is None and not watch.exceeded:
            ready = self._poll([*outlets], inlet, watch.interval)
            # What was printed comes before what was answered afterwards.
            for fd in [fd for fd in (text.source, said.source) if fd in ready & outlets.keys()]:
                if not outlets[fd].pass_on():
                    del outlets[fd]
            if self._in in ready:
                self._take_in(inlet)
            if self._wake in ready:
                os.read(self._wake, 512)
                self._reap(child)
            watch.look()
            self._beat(child)

    def _beat(self, child: _Child) -> None:
        """Tell the grader that time passes here, too: a run is not to blame for a sandbox or an engine that stopped."""
        now = time.monotonic()
        if now >= self._next_beat:
            self._next_beat = now + BEAT_SECONDS
            send(self._out, Kind.BEAT, b"%d" % waited_for_a_processor(child.pid))

    def _reap(self, current: _Child) -> None:
        """Collect every process that has ended; orphans of the child come to the first process, too."""
        with suppress(ChildProcessError):
            while (ended := os.wait4(-1, os.WNOHANG))[0]:
                for child in (current, *self._waiting):
                    if child.pid == ended[0]:
                        _, child.status, child.usage = ended

    def _poll(self, sources: list[int], inlet: Inlet, timeout: float) -> set[int]:
        poll = select.poll()
        for fd in (*sources, self._wake):
            poll.register(fd, select.POLLIN)
        if inlet.sink is None or not waiting(self._in):
            poll.register(self._in, select.POLLIN)
            return {fd for fd, _ in poll.poll(timeout * 1000)}
        # There is more for the child: go on once it reads, or has gone.
        poll.register(inlet.sink, select.POLLOUT)
        return {self._in if fd == inlet.sink else fd for fd, _ in poll.poll(timeout * 1000)}

    def _take_in(self, inlet: Inlet) -> None:
        if inlet.left:
            inlet.pass_on()
            return
        kind, size = HEADER.unpack(read_exactly(self._in, HEADER.size))
        if kind == Kind.CLOSE:
            inlet.close()
        else:
            inlet.left = size


class Watch:
    """Looks, a few times a second, after what no limit of the kernel's covers on some engines."""

    def __init__(self, *, memory: int, files: int, processes: int, known: set[int]) -> None:
        self.exceeded: str | None = None
        self.interval = LOOK_SECONDS
        self._memory, self._files, self._processes, self._known = memory, files, processes, known
        self._next = 0.0

    def look(self) -> None:
        """Note in `exceeded` what the child and its children have taken too much of."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + LOOK_SECONDS
        processes = aftermath.processes(self._known)
        if aftermath.used_memory(processes) > self._memory:
            self.exceeded = "memory"
        # Where the kernel counts them (RLIMIT_NPROC), there are never more; gVisor does not.
        if len(processes) > self._processes + 1:
            self.exceeded = "processes"
        usage = os.statvfs(SCRATCH)
        if usage.f_files - usage.f_ffree > self._files:
            self.exceeded = "files"


def waited_for_a_processor(pid: int) -> int:
    """Return for how many milliseconds a process was ready to run and could not; 0 where the kernel does not say."""
    try:
        with open(f"/proc/{pid}/schedstat", "rb") as file:  # noqa: PTH123 - pathlib is not needed in here
            return int(file.read().split()[1]) // 1_000_000
    except (OSError, IndexError, ValueError):
        return 0


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


def _take_over_pipes() -> tuple[int, int]:
    """Move the grader's pipes away from 0 and 1, where a stray print could reach them."""
    pipes = os.dup(0), os.dup(1)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return pipes
