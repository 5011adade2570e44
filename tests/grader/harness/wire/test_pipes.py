"""Pipes: frames and exact numbers of bytes, however the kernel cuts them."""

import os
import threading

import pytest

from grader.harness.wire.frames import FrameKind, FrameReader
from grader.harness.wire.pipes import read_exactly, send_frame


@pytest.fixture
def pipe():
    source, sink = os.pipe()
    with os.fdopen(source, "rb", buffering=0) as reader, os.fdopen(sink, "wb", buffering=0) as writer:
        yield reader, writer


def test_a_frame_arrives_whole(pipe):
    reader, writer = pipe

    send_frame(writer.fileno(), FrameKind.HANDSHAKE, b"{}")

    assert list(FrameReader({FrameKind.HANDSHAKE: 10}).feed(reader.read(100))) == [(FrameKind.HANDSHAKE, b"{}")]


def test_reading_goes_on_until_the_size_is_reached(pipe):
    reader, writer = pipe
    writer.write(b"one")
    later = threading.Timer(0.01, writer.write, (b"two",))
    later.start()

    assert read_exactly(reader.fileno(), 6) == b"onetwo"
    later.join()


def test_reading_raises_eof_error_when_the_writer_has_closed(pipe):
    reader, writer = pipe
    writer.close()

    with pytest.raises(EOFError):
        read_exactly(reader.fileno(), 1)
