"""Docker's attach stream: a header of 8 bytes (stream, length) before each chunk of a container's output."""

import os
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import docker

_HEADER = struct.Struct(">BxxxI")
_STDERR = 2
_STDERR_SECONDS = 1.0  # how long to wait for the rest of the error stream


class Unpacker:
    """Splits the stream into standard output and error stream as it arrives."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._stderr: deque[bytes] = deque(maxlen=50)

    def __call__(self, data: bytes) -> bytes:
        """Return the part of `data` that is standard output."""
        self._buffer += data
        output = bytearray()
        while len(self._buffer) >= _HEADER.size:
            stream, size = _HEADER.unpack_from(self._buffer)
            end = _HEADER.size + size
            if len(self._buffer) < end:
                break
            chunk = bytes(self._buffer[_HEADER.size : end])
            del self._buffer[:end]
            if stream == _STDERR:
                self._stderr.append(chunk[-2000:])
            else:
                output += chunk
        return bytes(output)

    def stderr_tail(self, stream: socket.socket) -> str:
        """Return the end of the error stream: wait up to a second for the rest, less if the container is dead."""
        deadline = time.monotonic() + _STDERR_SECONDS
        with suppress(OSError):
            while (left := deadline - time.monotonic()) > 0:
                stream.settimeout(left)
                if not (data := stream.recv(65536)):
                    break
                self(data)
        return b"".join(self._stderr).decode(errors="replace")


def attach(api: docker.APIClient, container: str) -> socket.socket:
    """Return a socket to a container's input and its output with headers. The caller closes it."""
    stream = api.attach_socket(container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
    if isinstance(stream, socket.SocketIO):
        # Duplicate the descriptor: docker-py closes its own when its response is garbage collected.
        own = socket.socket(fileno=os.dup(stream.fileno()))
        stream._response.close()  # type: ignore[attr-defined]  # docker-py sets it for this purpose
        return own
    return bridge(stream)


def bridge(stream: Any) -> socket.socket:
    """Return a plain socket to a stream that only has `recv` and `sendall`: a TLS connection or an SSH channel."""
    near, far = socket.socketpair()
    for source, sink in ((stream.recv, far), (far.recv, stream)):
        threading.Thread(target=_pump, args=(source, sink), daemon=True).start()
    return near


def _pump(receive: Callable[[int], bytes], sink: Any) -> None:
    with suppress(OSError):
        while data := receive(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
    with suppress(OSError):
        sink.close()
