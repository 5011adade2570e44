"""Docker's attach stream: a header of 8 bytes (stream, length) before each piece of a container's output."""

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
_LAST_SECONDS = 1.0


class Unpacker:
    """Takes the stream apart as it arrives."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._noise: deque[bytes] = deque(maxlen=50)

    def __call__(self, data: bytes) -> bytes:
        """Return what of `data` belongs to the standard output."""
        self._buffer += data
        output = bytearray()
        while len(self._buffer) >= _HEADER.size:
            stream, size = _HEADER.unpack_from(self._buffer)
            end = _HEADER.size + size
            if len(self._buffer) < end:
                break
            piece = bytes(self._buffer[_HEADER.size : end])
            del self._buffer[:end]
            if stream == _STDERR:
                self._noise.append(piece[-2000:])
            else:
                output += piece
        return bytes(output)

    def complaint(self, stream: socket.socket) -> str:
        """Return the last of what comes on the error stream; that of a container that has died ends by itself."""
        deadline = time.monotonic() + _LAST_SECONDS
        with suppress(OSError):
            while (left := deadline - time.monotonic()) > 0:
                stream.settimeout(left)
                if not (data := stream.recv(65536)):
                    break
                self(data)
        return b"".join(self._noise).decode(errors="replace")


def attach(api: docker.APIClient, container: str) -> socket.socket:
    """Return a socket to a container's input and (packed) output. The caller closes it."""
    stream = api.attach_socket(container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
    if isinstance(stream, socket.SocketIO):
        # A descriptor of our own: docker-py's is closed when its response is collected.
        own = socket.socket(fileno=os.dup(stream.fileno()))
        stream._response.close()  # type: ignore[attr-defined]  # docker-py hangs it there, for this
        return own
    return bridge(stream)


def bridge(stream: Any) -> socket.socket:
    """Return a plain socket to what only has `recv` and `sendall`: a TLS connection or an SSH channel."""
    ours, theirs = socket.socketpair()
    for source, sink in ((stream.recv, theirs), (theirs.recv, stream)):
        threading.Thread(target=_pump, args=(source, sink), daemon=True).start()
    return ours


def _pump(receive: Callable[[int], bytes], sink: Any) -> None:
    with suppress(OSError):
        while data := receive(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
    with suppress(OSError):
        sink.close()
