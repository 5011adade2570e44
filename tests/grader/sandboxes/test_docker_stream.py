"""Docker's stream is split correctly, whatever the chunks."""

import socket
import struct

from hypothesis import given
from hypothesis import strategies as st

from grader.sandboxes.docker_stream import Unpacker, bridge


def packed(stream, data):
    return struct.pack(">BxxxI", stream, len(data)) + data


@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=50))), st.integers(1, 20))
def test_standard_output_is_separated_whatever_the_chunks(chunks, size):
    unpacker = Unpacker()
    data = b"".join(packed(*chunk) for chunk in chunks)

    output = b"".join(unpacker(data[i : i + size]) for i in range(0, len(data), size))

    assert output == b"".join(content for stream, content in chunks if stream == 1)


def test_the_end_of_the_error_stream_is_kept():
    unpacker = Unpacker()

    unpacker(packed(2, b"first ") + packed(1, b"output") + packed(2, b"second"))

    ours, theirs = socket.socketpair()
    theirs.sendall(packed(2, b" third"))
    theirs.close()

    assert unpacker.stderr_tail(ours) == "first second third"
    ours.close()
    assert unpacker.stderr_tail(ours) == "first second third"


class OnlyMethods:
    """A stream without a descriptor, like those of TLS and SSH."""

    def __init__(self, inner):
        self.recv, self.sendall, self.close = inner.recv, inner.sendall, inner.close

    def shutdown(self, how):
        raise OSError("not here")


def test_a_stream_without_a_descriptor_is_bridged_both_ways():
    inner, engine = socket.socketpair()
    ours = bridge(OnlyMethods(inner))

    ours.sendall(b"question")
    assert engine.recv(100) == b"question"
    engine.sendall(b"answer")
    assert ours.recv(100) == b"answer"

    engine.close()
    assert ours.recv(100) == b""
    ours.close()
    inner.close()
