"""Frames: what was written can be read in any pieces, and nothing else can."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.harness.wire.frames import HEADER, FrameError, FrameKind, FrameReader, frame

ANY = dict.fromkeys(FrameKind, 1000)


def pieces(data, cuts):
    """Return the data, cut at these positions."""
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


@given(
    st.lists(st.tuples(st.sampled_from(FrameKind), st.binary(max_size=300))),
    st.lists(st.integers(min_value=0), max_size=9),
)
def test_frames_arrive_whole_and_in_order_from_any_pieces(frames, cuts):
    reader = FrameReader(ANY)
    data = b"".join(frame(kind, body) for kind, body in frames)

    arrived = [each for piece in pieces(data, cuts) for each in reader.feed(piece)]

    assert arrived == frames


@given(st.binary(max_size=2000))
def test_random_bytes_give_no_frame_that_is_not_allowed(data):
    reader = FrameReader({FrameKind.OUTPUT: 100})
    try:
        for kind, body in reader.feed(data):
            assert kind is FrameKind.OUTPUT
            assert len(body) <= 100
    except FrameError:
        pass


def test_a_large_frame_is_refused_by_its_header():
    reader = FrameReader({FrameKind.OUTPUT: 10})

    with pytest.raises(FrameError, match="4294967295 bytes"):
        list(reader.feed(HEADER.pack(FrameKind.OUTPUT, 2**32 - 1)))


def test_a_kind_that_is_not_expected_is_refused():
    reader = FrameReader({FrameKind.OUTPUT: 10})

    with pytest.raises(FrameError):
        list(reader.feed(frame(FrameKind.END)))
