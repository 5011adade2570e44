"""The supervisor: the first process of a sandbox. It has one child for each submission, forked by the fork server.

    grader ──frames──> supervisor ──bytes, unread──> child
           <─frames───            <─bytes, unread───

It runs no code of a learner, keeps no byte of a learner in its memory (see `splice`), and reports how each child ended.
It does not clean up after a bad submission: it reports what was left behind, and the grader discards the whole sandbox.
"""

import json
import os
import select
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import astuple, dataclass
from typing import Any

from grader.harness.child.confine import ChildPipes, scratch_of
from grader.harness.supervisor import residue
from grader.harness.supervisor.direct_pipes import DirectPipes
from grader.harness.supervisor.fork_server import Forker, ForkServerDied
from grader.harness.supervisor.identity import UserIds
from grader.harness.supervisor.splice import Discard, InputForwarder, OutputForwarder, bytes_waiting
from grader.harness.supervisor.watch import ProcessorTime, ResourceWatch
from grader.harness.wire.frames import HEADER, FrameKind
from grader.harness.wire.pipes import read_exactly, send_frame

WARM_UP_AFTER_SECONDS = 0.05  # if no submission comes for this long: a worker with a queue sends the next one sooner
HEARTBEAT_SECONDS = 0.2
FIRST_HEARTBEAT_SECONDS = 0.05  # most submissions end sooner, so most need none
READY_SECONDS = 60.0  # starting a GPU that nobody else uses can take ten
IDLE_CHILDREN = 2  # when a child ends, the next one has been ready for a while
MAX_REASON = 2000  # bytes


@dataclass(slots=True)
class _Child:
    """A forked child and the supervisor's ends of its pipes."""

    pid: int
    request_fd: int
    response_fd: int
    output_fd: int
    wakeup_fd: int
    warmed_up: bool = False
    status: int | None = None
    usage: Any = None


class Supervisor:
    """Serves one submission after another on a pipe in and a pipe out."""

    def __init__(self, forker: Forker, source: int, sink: int, *, plain_forker: Forker | None = None) -> None:
        """`source` and `sink` are the grader's pipes. `plain_forker` forks children that have no torch, if it can."""
        self._forker = forker
        self._plain_forker = plain_forker
        self._idle: deque[_Child] = deque()
        self._user_ids = UserIds.of_this_sandbox()
        self._discard = Discard()
        self._in, self._out = source, sink
        self._direct_pipes = DirectPipes()
        self._sigchld_fd, sigchld_sink = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(sigchld_sink, warn_on_full_buffer=False)
        # The kernel delivers a signal to the first process only if it has a handler, and any process of its user can
        # send one. So Python's handler for SIGINT must go.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._fork_server_died = False
        self._next_heartbeat = 0.0
        self._orphan_seconds = 0.0  # processor time of the current run's processes whose parent had ended

    def serve(self) -> None:
        """Serve until the grader closes its end."""
        handshake = self._forker.await_ready()
        if self._plain_forker is not None:
            self._plain_forker.await_ready()
        self._files_before = residue.FileSnapshot.take()
        self._refill_idle()
        self._await_ready(self._idle)
        own = {"switches_user": self._user_ids.switches, "direct_pipes": self._direct_pipes.far_ends()}
        send_frame(self._out, FrameKind.HANDSHAKE, json.dumps(handshake | own).encode())
        try:
            while True:
                caps = self._await_open()
                self._serve_one(*self._ready_child(plain=bool(caps["plain"])), caps)
                self._refill_idle()
        except EOFError:
            return

    def _refill_idle(self) -> None:
        """Fork children ahead of time: each restricts itself and waits. Never while a submission runs."""
        if self._fork_server_died:
            raise ForkServerDied
        while len(self._idle) < IDLE_CHILDREN:
            self._idle.append(self._fork(self._forker))

    def _ready_child(self, *, plain: bool) -> tuple[_Child, int]:
        """Return a child for a submission, and the milliseconds that it waited for one.

        If the submission must not have torch, the child is forked now: it has little memory.
        """
        if plain and self._plain_forker is not None:
            child = self._fork(self._plain_forker)
            return child, self._await_ready([child], self._send_heartbeat)
        self._ensure_idle_child()
        waited = self._await_ready(self._idle, self._send_heartbeat)
        return self._idle.popleft(), waited

    def _ensure_idle_child(self) -> None:
        """Have at least one living child: an idle one can die during the last submission, or just now."""
        self._reap_idle()
        if not self._idle:
            self._refill_idle()

    def _await_ready(self, children: Iterable[_Child], on_wait: Callable[[int], None] = lambda _: None) -> int:
        """Wait until these children are ready, all idle ones or a new one.

        A submission that runs could disturb one that is still starting. Calls `on_wait` at every heartbeat with the
        milliseconds so far; returns the milliseconds it took. Exits if a child died, or is not ready after
        READY_SECONDS.
        """
        began = time.monotonic()
        passed = 0
        for child in children:
            poll = select.poll()
            poll.register(child.response_fd, select.POLLIN)
            while not poll.poll(HEARTBEAT_SECONDS * 1000) and passed < READY_SECONDS * 1000:
                passed = _milliseconds_since(began)
                on_wait(passed)
            _require_ready(child)
        return _milliseconds_since(began)

    def _fork(self, forker: Forker) -> _Child:
        (child_request, request_fd), (response_fd, child_response) = os.pipe(), os.pipe()
        output_fd, child_output = os.pipe()
        # Nobody blocks on a notification: the pipe can be full already, and the child can read its own bytes back.
        wakeup_fd, child_wakeup = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        pipes = ChildPipes(
            request_fd=child_request, response_fd=child_response, output_fd=child_output, wakeup_fd=child_wakeup
        )
        pid = forker.fork(self._user_ids.next(), pipes)
        for fd in astuple(pipes):
            os.close(fd)
        return _Child(pid, request_fd=request_fd, response_fd=response_fd, output_fd=output_fd, wakeup_fd=wakeup_fd)

    def _await_open(self) -> dict[str, int]:
        """Return the caps of the next submission; drop what the grader had still sent to the last one."""
        while True:
            self._await_grader()
            kind, size = HEADER.unpack(read_exactly(self._in, HEADER.size))
            if kind == FrameKind.OPEN:
                caps: dict[str, int] = json.loads(read_exactly(self._in, size))
                return caps
            self._discard.drop_exactly(self._in, size)
            if kind == FrameKind.SWITCH:
                self._in, self._out = self._direct_pipes.take()

    def _await_grader(self) -> None:
        """Wait until the grader sends something. When there is time for it, let the idle children warm up."""
        poll = select.poll()
        poll.register(self._in, select.POLLIN)
        poll.register(self._sigchld_fd, select.POLLIN)
        timeout_ms: float | None = WARM_UP_AFTER_SECONDS * 1000
        while self._in not in (ready := dict(poll.poll(timeout_ms))):
            if self._sigchld_fd in ready:
                self._reap_idle()
                self._refill_idle()
            else:
                self._warm_up_idle()
                timeout_ms = None

    def _reap_idle(self) -> None:
        """Remove idle children that have died."""
        self._reap()
        for child in [child for child in self._idle if child.status is not None]:
            _require_ready(child)
            self._idle.remove(child)
            for fd in (child.request_fd, child.response_fd, child.output_fd, child.wakeup_fd):
                os.close(fd)
            _remove_scratch_of(child)

    def _warm_up_idle(self) -> None:
        for child in self._idle:
            if not child.warmed_up:
                child.warmed_up = True
                with suppress(BrokenPipeError):
                    send_frame(child.request_fd, FrameKind.WARM_UP, b"")

    def _serve_one(self, child: _Child, waited: int, caps: dict[str, int]) -> None:
        kills = residue.oom_kills()
        self._orphan_seconds = 0.0
        self._next_heartbeat = time.monotonic() + FIRST_HEARTBEAT_SECONDS
        processor = ProcessorTime(child.pid)
        requests = InputForwarder(self._in, child.request_fd, self._discard)
        responses = self._forwarder(child.response_fd, FrameKind.DATA, caps["response"])
        output = self._forwarder(child.output_fd, FrameKind.OUTPUT, caps["output"])
        watch = ResourceWatch(caps, known=self._known_pids(), baseline=residue.private_memory(child.pid))
        self._forward_until_end(child, requests, responses, output, watch, processor, waited)
        output.drain()
        responses.drain()
        if child.status is not None:
            requests.finish()
        for fd in (child.response_fd, child.output_fd, child.wakeup_fd):
            os.close(fd)
        _remove_scratch_of(child)
        end = _exit_status(child) | {
            "cpu_seconds": round(max(processor.used / 1000, _seconds_of(child.usage) + self._orphan_seconds), 4),
            "output_dropped": output.dropped,
            "responses_dropped": responses.dropped,
            "leaked_processes": len(residue.processes(self._known_pids()) if child.status is not None else []),
            "leaked_files": self._leaked_files()[:5],
            "oom_kills": residue.oom_kills() - kills,
            "exceeded": watch.exceeded,
            "fork_server_died": self._fork_server_died,
        }
        send_frame(self._out, FrameKind.END, json.dumps(end).encode())

    def _forwarder(self, source: int, kind: FrameKind, cap: int) -> OutputForwarder:
        return OutputForwarder(source, self._out, self._discard, kind=kind, cap=cap)

    def _leaked_files(self) -> list[str]:
        scratch_of_idle = {scratch_of(child.pid) for child in self._idle}
        return [path for path in self._files_before.added() if path not in scratch_of_idle]

    def _known_pids(self) -> set[int]:
        return {os.getpid(), self._forker.pid, *(child.pid for child in self._idle)}

    def _forward_until_end(
        self,
        child: _Child,
        requests: InputForwarder,
        responses: OutputForwarder,
        output: OutputForwarder,
        watch: ResourceWatch,
        processor: ProcessorTime,
        waited: int,
    ) -> None:
        """Move bytes until the child has ended or has exceeded a cap.

        `waited` are the milliseconds that the run has waited for this child to be ready.
        Responses are forwarded when the child notifies, when it prints, and at the watch's interval.
        """
        sources = {child.wakeup_fd, output.source}
        self._reap(child)  # it can have died while it was idle
        while child.status is None and not watch.exceeded:
            ready = self._poll(sources, requests, watch.interval)
            if child.wakeup_fd in ready and _is_closed(child.wakeup_fd):
                sources.remove(child.wakeup_fd)
            # Output comes before the responses that were written after it: so count these first, then forward.
            answered = bytes_waiting(responses.source)
            if not output.forward() and output.source in ready:
                sources.remove(output.source)
            responses.forward(answered)
            if self._in in ready:
                self._forward_input(requests)
            if self._sigchld_fd in ready:
                self._reap(child)
            watch.sample()
            if time.monotonic() >= self._next_heartbeat:
                self._next_heartbeat = time.monotonic() + HEARTBEAT_SECONDS
                processor.sample()
                self._send_heartbeat(waited + processor.waited, processor.used)

    def _send_heartbeat(self, waited: int, used: int = 0) -> None:
        """Show the grader that time passes here, too: a run must not pay for a sandbox or an engine that stood still.

        `waited` are the milliseconds that the run was kept waiting, `used` those in which it had a processor.
        """
        send_frame(self._out, FrameKind.HEARTBEAT, b"%d %d" % (waited, used))

    def _reap(self, *running: _Child) -> None:
        """Collect every process that has ended; the kernel gives a child's orphans to the first process, too."""
        with suppress(BlockingIOError):
            os.read(self._sigchld_fd, 512)
        with suppress(ChildProcessError):
            while (ended := os.wait4(-1, os.WNOHANG))[0]:
                child = next((child for child in (*running, *self._idle) if child.pid == ended[0]), None)
                if child is not None:
                    _, child.status, child.usage = ended
                elif ended[0] == self._forker.pid:
                    self._fork_server_died = True
                else:
                    self._orphan_seconds += _seconds_of(ended[2])

    def _poll(self, sources: Collection[int], requests: InputForwarder, timeout: float) -> set[int]:
        poll = select.poll()
        for fd in (*sources, self._sigchld_fd):
            poll.register(fd, select.POLLIN)
        if requests.sink is None or not bytes_waiting(self._in):
            poll.register(self._in, select.POLLIN)
            return {fd for fd, _ in poll.poll(timeout * 1000)}
        # There is more for the child: continue when it reads or has ended, or when the grader has closed its end.
        poll.register(requests.sink, select.POLLOUT)
        poll.register(self._in, 0)
        ready = {fd for fd, _ in poll.poll(timeout * 1000)}
        if self._in in ready:
            raise EOFError
        return {self._in if fd == requests.sink else fd for fd in ready}

    def _forward_input(self, requests: InputForwarder) -> None:
        """Move more of the current frame to the child, or begin the next frame."""
        if requests.remaining:
            requests.forward()
            return
        kind, size = HEADER.unpack(read_exactly(self._in, HEADER.size))
        if kind == FrameKind.CLOSE:
            requests.close()
        else:
            requests.remaining = size


def _is_closed(wakeup_fd: int) -> bool:
    """Empty the pipe of notifications; return whether every writer has closed it."""
    with suppress(BlockingIOError):
        return not os.read(wakeup_fd, 512)
    return False


def _milliseconds_since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


def _require_ready(child: _Child) -> None:
    """Exit if a child did not get ready: something that it needs is missing here, so the next one would fail, too.

    No learner's code has run in it, so its last output can be read; it is for the operator.
    """
    if not bytes_waiting(child.response_fd):
        reason = os.read(child.output_fd, MAX_REASON) if bytes_waiting(child.output_fd) else b"it gave no reason"
        sys.exit(f"a child did not get ready: {reason.decode(errors='replace').strip()}")


def _remove_scratch_of(child: _Child) -> None:
    with suppress(OSError):
        os.rmdir(scratch_of(child.pid))  # noqa: PTH106 - removes an empty folder only, as it should


def _exit_status(child: _Child) -> dict[str, Any]:
    if child.status is None:
        return {"exit": None, "signal": None}
    killed = os.WIFSIGNALED(child.status)
    return {
        "exit": None if killed else os.WEXITSTATUS(child.status),
        "signal": signal.Signals(os.WTERMSIG(child.status)).name if killed else None,
        "max_rss_kb": child.usage.ru_maxrss,
    }


def _seconds_of(usage: Any) -> float:
    """Return the processor time of an ended process and of the children that it waited for."""
    return 0.0 if usage is None else float(usage.ru_utime + usage.ru_stime)


def take_over_pipes() -> tuple[int, int]:
    """Move the grader's pipes away from descriptors 0 and 1, so that a stray `print` cannot write to them."""
    pipes = os.dup(0), os.dup(1)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return pipes
