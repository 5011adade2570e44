"""Links: both ways at once, and never longer than allowed."""

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
    link, other = pair
    link.send(b"question")
    other.sendall(b"answer")

    assert other.recv(100) == b"question"
    assert link.receive(soon()) == b"answer"


def test_what_the_other_side_does_not_take_yet_waits_and_does_not_block(pair):
    link, other = pair
    data = bytes(range(256)) * 40_000

    link.send(data)
    other.sendall(b"I am talking")

    assert link.receive(soon()) == b"I am talking"
    taken = bytearray()
    while len(taken) < len(data):
        taken += other.recv(1 << 20)
        link.receive(time.monotonic() + 0.001)
    assert taken == data


def test_silence_ends_at_the_deadline(pair):
    link, _ = pair

    assert link.receive(time.monotonic() + 0.01) == b""
    assert link.receive(time.monotonic() - 1) == b""


def test_the_end_is_told_from_silence(pair):
    link, other = pair
    assert not link.has_news()

    other.close()

    assert link.has_news()
    with pytest.raises(StreamClosed):
        link.receive(soon())


def test_an_end_with_words_of_ours_unread_is_an_end_like_any_other(pair):
    link, other = pair
    link.send(b"nobody reads this")
    other.close()  # the kernel calls this a reset

    with pytest.raises(StreamClosed):
        link.receive(soon())


def test_writing_to_nobody_is_told(pair):
    link, other = pair
    other.close()

    with pytest.raises(StreamClosed):
        link.send(b"anybody?" * 10_000)


def test_what_an_engine_packs_is_unpacked_and_an_empty_piece_is_no_end():
    ours, theirs = socket.socketpair()
    link = ByteStream(ours.fileno(), ours.fileno(), lambda data: data.replace(b"-", b""))
    theirs.sendall(b"-")
    theirs.sendall(b"-")
    with_news = time.monotonic() + 0.05

    assert link.receive(with_news) == b""
    theirs.sendall(b"-x-")
    assert link.receive(soon()) == b"x"
    ours.close()
    theirs.close()
