"""Engines for tests: a proxy to Docker that a test can stop and start, and the GPU engine if `make gpu-test` runs."""

import os
import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest

# The runtime and the engine that each name stands for.
ENGINES = {
    "docker": ("cpu", "docker"),
    "bubblewrap": ("cpu", "bubblewrap"),
    "runsc": ("cpu-hardened", "docker"),
    "gpu": ("gpu", "docker"),
}

# One more engine for the tests that run on every engine: `make gpu-test` sets the variable.
GPU = [pytest.param("gpu", marks=pytest.mark.gpu)] if os.environ.get("CHAINRULE_GPU") else []


class DockerProxy:
    """Forwards from its own socket to the engine at DOCKER_HOST, until the test stops it."""

    def __init__(self, folder):
        self.path = Path(folder) / "engine.sock"
        # Read now: the test sets the variable to our socket afterwards.
        self.real = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
        self.open = []
        self.listener = None
        self.hung_up = False

    @property
    def host(self):
        return f"unix://{self.path}"

    def live(self):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen(64)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def die(self):
        """Close every connection and accept no more, as if the engine was killed."""
        self.path.unlink(missing_ok=True)
        self.open.insert(0, self.listener)
        self._close_all()

    def hang_up(self):
        """Close every connection, new ones too. (If nobody listens at all, docker-py leaks a socket.)"""
        self.hung_up = True
        self._close_all()

    def _close_all(self):
        for connection in self.open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self.open.clear()

    def _accept(self, listener):
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                if self.hung_up:
                    near.close()
                    continue
                far = socket.socket(socket.AF_UNIX)
                far.connect(self.real)
                self.open += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source, sink):
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
