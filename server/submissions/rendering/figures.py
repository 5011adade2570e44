"""Figures that a learner's code drew. Their names are hashes of their bytes, so that a browser can cache them."""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class LearnerFigure:
    """A picture of one public case; `name` is a hash of its bytes."""

    case: str
    name: str
    png: bytes

    @classmethod
    def read(cls, attachment: Mapping[str, Any]) -> Self | None:
        """Return the figure of an attachment; None if it holds no PNG."""
        match attachment:
            case {"case": str(case), "png": str(text)}:
                png = _decoded(text)
                return cls(case=case, name=hashlib.sha256(png).hexdigest()[:32], png=png) if png else None
        return None


def find_figure(attachments: Iterable[Mapping[str, Any]], name: str) -> LearnerFigure | None:
    """Return the figure of that name among a report's attachments."""
    figures = (LearnerFigure.read(attachment) for attachment in attachments)
    return next((figure for figure in figures if figure and figure.name == name), None)


def _decoded(text: str) -> bytes:
    try:
        png = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return png if png.startswith(SIGNATURE) else b""
