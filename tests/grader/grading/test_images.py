import base64
import io
import struct
import zlib

import pytest
import torch
from PIL import Image, PngImagePlugin

from grader.grading.images import MAX_BYTES, reencoded


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
