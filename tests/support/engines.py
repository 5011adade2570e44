"""Engines for tests: a Docker engine that can be taken away and brought back, and the GPU, where one is to be tried."""

import os
import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest

# What a test's engine is opened as: a runtime, and what starts it.
ENGINES = {
    "docker": ("cpu", "docker"),
    "bubblewrap": ("cpu", "bubblewrap"),
    "runsc": ("cpu-hardened", "docker"),
    "gpu": ("gpu", "docker"),
}

# One engine more for whatever is tried on each of them: `make gpu-test` sets the variable.
GPU = [pytest.param("gpu", marks=pytest.mark.gpu)] if os.environ.get("CHAINRULE_GPU") else []


class Engine:
    """Passes everything on, from a socket of our own, to the engine at DOCKER_HOST; one that died answers nobody."""

    def __init__(self, folder):
        self.path = Path(folder) / "engine.sock"
        # Asked for now: whoever is to be taken in may set the variable to our socket.
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
        """Cut every connection and take no more, as when the engine is killed."""
        self.path.unlink(missing_ok=True)
        self.open.insert(0, self.listener)
        self._cut()

    def hang_up(self):
        """Cut every connection, and each that comes: docker-py leaves a socket open where nobody listens at all."""
        self.hung_up = True
        self._cut()

    def _cut(self):
        for one in self.open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
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
