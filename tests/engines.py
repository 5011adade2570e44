"""A Docker engine that a test can take away and bring back: the real one, behind a socket of our own."""

import os
import socket
import threading
from contextlib import suppress
from pathlib import Path


class Engine:
    """Passes everything on to the engine at DOCKER_HOST while it lives; one that died answers nobody."""

    def __init__(self, folder):
        self.path = Path(folder) / "engine.sock"
        self.open = []
        self.listener = None

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
        for one in (self.listener, *self.open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self.open.clear()

    def _accept(self, listener):
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://"))
                self.open += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source, sink):
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
