"""A supervisor that the test plays itself, and an engine that starts such supervisors."""

import json
import socket

from grader.errors import SandboxError
from grader.harness.digest import digest
from grader.harness.wire.frames import FrameKind, FrameReader, frame
from grader.sandboxes.byte_stream import ByteStream
from grader.sandboxes.instance import Instance

CLEAN = {
    "exit": 0,
    "signal": None,
    "cpu_seconds": 0.1,
    "output_dropped": 0,
    "responses_dropped": 0,
    "fork_server_died": False,
    "leaked_processes": 0,
    "leaked_files": [],
    "oom_kills": 0,
    "exceeded": None,
}
ANY_SIZE = dict.fromkeys(FrameKind, 1 << 24)


class FakeSupervisor:
    """The other end of an instance: the test sends its frames and reads what it received."""

    def __init__(self, *, out_of_memory=False):
        ours, self.end = socket.socketpair()
        self.instance = Instance(
            ByteStream(ours.fileno(), ours.fileno()),
            stop=self._stop,
            stderr_tail=lambda: "the error output",
            ran_out_of_memory=lambda: out_of_memory,
            label="a fake sandbox",
        )
        self.stopped = False
        self._ours = ours
        self._reader = FrameReader(ANY_SIZE)

    def send(self, kind, body=b""):
        self.end.sendall(frame(kind, body))

    def send_handshake(self, **other):
        self.send(FrameKind.HANDSHAKE, json.dumps({"harness": digest()} | other).encode())

    def send_from_child(self, *frames):
        self.send(FrameKind.DATA, b"".join(frame(*each) for each in frames))

    def child_is_ready(self):
        loaded = json.dumps({"error": None, "missing": []}).encode()
        self.send_from_child((FrameKind.READY, b""), (FrameKind.SANDBOXED, b""), (FrameKind.LOADED, loaded))

    def send_end(self, **how):
        self.send(FrameKind.END, json.dumps(CLEAN | how).encode())

    def received(self):
        return list(self._reader.feed(self.end.recv(1 << 24)))

    def die(self):
        self.end.close()

    def _stop(self):
        self.stopped = True
        for end in (self.end, self._ours):
            end.close()


class FakeEngine:
    """Starts fake supervisors and remembers them. `script` sends what each one sends from the start."""

    name = "fake"
    has_share = True
    device = None

    def __init__(self, *, single_use=False, script=lambda supervisor: None, failures=0):
        self.single_use = single_use
        self.started = []
        self._script = script
        self.failures = failures

    def check(self):
        pass

    def start(self):
        if self.failures:
            self.failures -= 1
            raise SandboxError("no more sandboxes")
        supervisor = FakeSupervisor()
        self.started.append(supervisor)
        self._script(supervisor)
        return supervisor.instance

    def close(self):
        pass
