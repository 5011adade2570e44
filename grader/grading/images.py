"""Pictures from a sandbox: decoded and encoded again, so that only pixels reach a browser."""

import base64
import io
from typing import Any

import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

MAX_BYTES = 1_000_000
MAX_SIDE = 1300
MAX_REENCODED = 600_000


def reencoded(picture: Any) -> str | None:
    """Return a PNG (a 1-D uint8 tensor), encoded again, as base64; None if it is no PNG, too large or too detailed."""
    if not isinstance(picture, Tensor) or picture.dtype != torch.uint8 or picture.dim() != 1:
        return None
    if picture.numel() > MAX_BYTES:
        return None
    try:
        # `open` reads only the header, so a small file with a huge picture is refused before it is unpacked.
        with Image.open(io.BytesIO(picture.numpy().tobytes()), formats=("PNG",)) as image:
            if max(image.size) > MAX_SIDE:
                return None
            return _encoded(image.convert("RGB"))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _encoded(image: Image.Image) -> str | None:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    data = buffer.getvalue()
    return base64.b64encode(data).decode() if len(data) <= MAX_REENCODED else None
