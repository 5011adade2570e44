"""Pictures from a sandbox: decoded and encoded again, so that only pixels reach a browser."""

import base64
import io
import warnings
from typing import Any

import structlog
import torch
from PIL import Image
from torch import Tensor

log = structlog.get_logger(__name__)

MAX_BYTES = 1_000_000
MAX_SIDE = 1300
MAX_REENCODED = 600_000


def reencoded(picture: Any) -> str | None:
    """Return a PNG (a 1-D uint8 tensor), encoded again, as base64; None if it cannot be read, or is too large.

    Never raises: a picture of a learner is shown if it can be, and nothing depends on it.
    """
    if not isinstance(picture, Tensor) or picture.dtype != torch.uint8 or picture.dim() != 1:
        return None
    if picture.numel() > MAX_BYTES:
        return None
    try:
        pixels = _pixels(picture.numpy().tobytes())
        return None if pixels is None else _encoded(pixels)
    # Broken files make the decoder raise errors of every kind; in some of them it fails itself.
    except Exception as error:
        log.info("picture_unreadable", kind=type(error).__name__)
        return None


def _pixels(data: bytes) -> Image.Image | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # `open` reads only the header, so a small file with a huge picture is refused before it is unpacked.
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            if max(image.size) > MAX_SIDE:
                return None
            colors = image.convert("RGB")
    # The encoder would also write what stands beside the pixels: a color profile, for example.
    colors.info = {}
    return colors


def _encoded(image: Image.Image) -> str | None:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    data = buffer.getvalue()
    return base64.b64encode(data).decode() if len(data) <= MAX_REENCODED else None
