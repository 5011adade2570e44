"""A keeper played by the test, and an engine that starts such keepers."""

import json
import os
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
ANY = dict.fromkeys(FrameKind, 1 << 24)


class Supervisor:
    """The other end of a cell: what it says is up to the test, what it hears can be looked at."""

    def __init__(self, *, out_of_memory=False):
        ours, self.end = socket.socketpair()
        self.cell = Instance(
            ByteStream(ours.fileno(), ours.fileno()),
            stop=self._stop,
            complaint=lambda: "the complaint",
            ran_out_of_memory=lambda: out_of_memory,
            label="a pretended sandbox",
        )
        self.stopped = False
        self._ours = ours
        self._reader = FrameReader(ANY)

    def say(self, kind, body=b""):
        self.end.sendall(frame(kind, body))

    def say_ready(self, **other):
        self.say(FrameKind.HANDSHAKE, json.dumps({"harness": digest()} | other).encode())

    def child_says(self, *frames):
        self.say(FrameKind.DATA, b"".join(frame(*each) for each in frames))

    def child_is_ready(self):
        loaded = json.dumps({"error": None, "missing": []}).encode()
        self.child_says((FrameKind.READY, b""), (FrameKind.SANDBOXED, b""), (FrameKind.LOADED, loaded))

    def say_end(self, **how):
        self.say(FrameKind.END, json.dumps(CLEAN | how).encode())

    def heard(self):
        return list(self._reader.feed(self.end.recv(1 << 24)))

    def die(self):
        self.end.close()

    def _stop(self):
        self.stopped = True
        for end in (self.end, self._ours):
            end.close()


class Engine:
    """Starts pretended keepers, and remembers them. `script` is what each one says from the start."""

    name = "pretended"
    device = None

    def __init__(self, *, single_use=False, script=lambda keeper: None, failures=0):
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
        keeper = Supervisor()
        self.started.append(keeper)
        self._script(keeper)
        return keeper.cell

    def close(self):
        pass


def fill(fd):
    """Write to a descriptor until it takes no more."""
    os.set_blocking(fd, False)
    try:
        while True:
            os.write(fd, bytes(65536))
    except BlockingIOError:
        pass
