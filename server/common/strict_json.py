"""Checks plain data from a grader against its type: a grader that an attacker controls can send anything."""

import json
from typing import Any

from pydantic import TypeAdapter

# An integer with more digits is larger than every float, and breaks calculations.
MOST_DIGITS = 300
# A report with the most figures allowed has five million.
MOST_BYTES = 8_000_000


def checked_json(shape: TypeAdapter[Any], data: Any) -> bytes | None:
    """Return plain data as JSON in UTF-8; None if a field is missing, unknown or of another type.

    Also None if the data are too large, or hold what JSON or the database cannot store: NaN, numbers larger than any
    float, and lone surrogates.
    """
    try:
        text = json.dumps(data, allow_nan=False, ensure_ascii=False).encode()
        if len(text) > MOST_BYTES:
            return None
        json.loads(text, parse_int=_bounded_int)
        shape.validate_json(text, strict=True, extra="forbid")
    except (TypeError, ValueError, RecursionError):
        return None
    return text


def _bounded_int(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError("a whole number has too many digits")
    return int(digits)
