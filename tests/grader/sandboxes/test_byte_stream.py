"""Byte streams: both ways at once, and never longer than allowed."""

import socket
import time

import pytest

from grader.sandboxes.byte_stream import ByteStream, StreamClosed


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    yield ByteStream(ours.fileno(), ours.fileno()), theirs
    ours.close()
    theirs.close()


def soon():
    return time.monotonic() + 5


def test_bytes_go_both_ways(pair):
    stream, other = pair
    stream.send(b"question")
    other.sendall(b"answer")

    assert other.recv(100) == b"question"
    assert stream.receive(soon()) == b"answer"


def test_send_does_not_block_if_nobody_reads(pair):
    stream, other = pair
    data = bytes(range(256)) * 40_000

    stream.send(data)
    other.sendall(b"answer")

    assert stream.receive(soon()) == b"answer"
    taken = bytearray()
    while len(taken) < len(data):
        taken += other.recv(1 << 20)
        stream.receive(time.monotonic() + 0.001)
    assert taken == data


def test_receive_returns_nothing_at_the_deadline(pair):
    stream, _ = pair

    assert stream.receive(time.monotonic() + 0.01) == b""
    assert stream.receive(time.monotonic() - 1) == b""


def test_the_end_of_the_stream_is_not_a_timeout(pair):
    stream, other = pair
    assert not stream.is_readable()

    other.close()

    assert stream.is_readable()
    with pytest.raises(StreamClosed):
        stream.receive(soon())


def test_a_close_before_our_bytes_were_read_ends_the_stream(pair):
    stream, other = pair
    stream.send(b"unread")
    other.close()  # the kernel calls this a reset

    with pytest.raises(StreamClosed):
        stream.receive(soon())


def test_writing_to_a_closed_stream_raises(pair):
    stream, other = pair
    other.close()

    with pytest.raises(StreamClosed):
        stream.send(b"question" * 10_000)


def test_chunks_are_unwrapped_and_an_empty_one_is_no_end():
    ours, theirs = socket.socketpair()
    stream = ByteStream(ours.fileno(), ours.fileno(), lambda data: data.replace(b"-", b""))
    theirs.sendall(b"-")
    theirs.sendall(b"-")
    in_time = time.monotonic() + 0.05

    assert stream.receive(in_time) == b""
    theirs.sendall(b"-x-")
    assert stream.receive(soon()) == b"x"
    ours.close()
    theirs.close()
