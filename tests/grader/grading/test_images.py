import base64
import io
import struct
import zlib

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from grader.grading.images import MAX_BYTES, reencoded
from tests.support.bounded import assert_cheap


def as_tensor(data: bytes):
    return torch.frombuffer(bytearray(data), dtype=torch.uint8)


def png(size=(4, 3), **options) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "red").save(buffer, format="PNG", **options)
    return buffer.getvalue()


def test_a_picture_keeps_its_pixels_and_loses_everything_else():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "<script>alert(1)</script>")

    data = base64.b64decode(reencoded(as_tensor(png(pnginfo=notes) + b"<script>")))

    assert b"script" not in data
    with Image.open(io.BytesIO(data)) as image:
        assert (image.size, image.getpixel((0, 0))) == ((4, 3), (255, 0, 0))


def bomb(side: int) -> bytes:
    """A few bytes that say they are a picture of side x side."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        png()[:45],
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + bytes(100),
        bomb(100_000),
        bomb(2_000),
        bomb(500),
        png((1400, 2)),
        bytes(MAX_BYTES + 1),
    ],
)
def test_what_is_no_small_png_is_not_shown(data):
    assert reencoded(as_tensor(data) if data else torch.empty(0, dtype=torch.uint8)) is None


@pytest.mark.parametrize("value", [None, "png", torch.zeros(3), torch.zeros(2, 2, dtype=torch.uint8)])
def test_what_is_no_picture_is_not_shown(value):
    assert reencoded(value) is None


def chunk(kind: bytes, body: bytes, checksum: int | None = None) -> bytes:
    """A part of a PNG, with its right checksum unless another is given."""
    found = zlib.crc32(kind + body) if checksum is None else checksum
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", found)


def header(width=4, height=3, depth=8, kind=2, interlaced=0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced))


PIXELS = chunk(b"IDAT", zlib.compress(b"\0" * 200))
END = chunk(b"IEND", b"")
SIGNATURE = b"\x89PNG\r\n\x1a\n"
# All kinds that Pillow reads, and one that nobody knows.
CHUNKS = b"IHDR PLTE tRNS gAMA cHRM sRGB pHYs tEXt zTXt iTXt eXIf acTL fcTL fdAT iCCP bKGD tIME IDAT IEND aaAa".split()


def test_an_empty_color_profile_after_the_pixels_is_no_error():
    data = SIGNATURE + header() + PIXELS + chunk(b"iCCP", b"") + END

    assert reencoded(as_tensor(data)) is None


def test_a_color_profile_does_not_reach_the_browser():
    data = base64.b64decode(reencoded(as_tensor(png(icc_profile=b"secret" * 50))))

    assert b"iCCP" not in data


def of_zeros(size: int) -> bytes:
    return zlib.compress(bytes(size), 9)


def frames() -> bytes:
    parts = (struct.pack(">IIIIIHHBB", i, 4, 3, 0, 0, 1, 1, 0, 0) for i in range(20_000))
    return chunk(b"acTL", struct.pack(">II", 1_000_000, 0)) + b"".join(chunk(b"fcTL", part) for part in parts)


BOMBS = {
    "compressed text": lambda: header() + chunk(b"zTXt", b"a\0\0" + of_zeros(60_000_000)) + PIXELS,
    "compressed texts": lambda: header() + chunk(b"zTXt", b"a\0\0" + of_zeros(1_000_000)) * 900 + PIXELS,
    "compressed profile": lambda: header() + chunk(b"iCCP", b"a\0\0" + of_zeros(60_000_000)) + PIXELS,
    "compressed words": lambda: header() + chunk(b"iTXt", b"a\0\1\0\0\0" + of_zeros(60_000_000)) + PIXELS,
    "more pixels than declared": lambda: header() + chunk(b"IDAT", of_zeros(200_000_000)),
    "as large as allowed": lambda: header(1300, 1300, 16, 6, 1) + chunk(b"IDAT", of_zeros(14_000_000)),
    "empty parts": lambda: header() + chunk(b"aaAa", b"") * 80_000 + PIXELS,
    "empty pixels": lambda: header() + chunk(b"IDAT", b"") * 80_000 + PIXELS,
    "frames": lambda: header() + frames() + PIXELS,
    "palettes": lambda: header(kind=3) + chunk(b"PLTE", bytes(768)) * 1_200 + PIXELS,
    "metadata": lambda: header() + chunk(b"eXIf", b"MM\0*\0\0\0\x08" + b"\xff" * 900_000) + PIXELS,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_costs_little_time_and_memory(name):
    picture = as_tensor(SIGNATURE + BOMBS[name]() + END)

    assert picture.numel() <= MAX_BYTES
    assert assert_cheap(lambda: reencoded(picture) is None).error == ""


PARTS = st.lists(
    st.builds(
        chunk,
        st.sampled_from(CHUNKS),
        st.binary(max_size=40) | st.binary(max_size=40).map(zlib.compress) | st.just(zlib.compress(b"\0" * 200)),
        st.none() | st.none() | st.integers(0, 2**32 - 1),
    ),
    max_size=8,
).map(b"".join)
HEADERS = st.builds(
    header,
    st.integers(0, 40) | st.integers(0, 2**31),
    st.integers(0, 40),
    st.sampled_from([1, 2, 4, 8, 16, 3]),
    st.sampled_from([0, 2, 3, 4, 6, 1]),
    st.integers(0, 2),
)


@given(HEADERS, PARTS, st.booleans())
def test_a_made_up_png_never_raises(start, parts, ends):
    shown = reencoded(as_tensor(SIGNATURE + start + parts + (PIXELS + END if ends else b"")))

    assert shown is None or base64.b64decode(shown).startswith(SIGNATURE)


@given(st.data())
def test_a_changed_png_never_raises(data):
    picture = bytearray(png((9, 7), icc_profile=b"profile", exif=b"MM\0*\0\0\0\x08\0\0"))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(picture) - 1))
        picture[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))

    shown = reencoded(as_tensor(bytes(picture) or b"x"))

    assert shown is None or base64.b64decode(shown).startswith(SIGNATURE)
