"""Plain data from a grader, held against the type that it should be: one that was taken over can send anything."""

import json
from typing import Any

from pydantic import TypeAdapter

# A whole number with more digits is larger than every float, and breaks whoever reckons with it.
MOST_DIGITS = 300
# A report with as many figures as there may be has five million.
MOST_BYTES = 8_000_000


def checked_json(shape: TypeAdapter[Any], data: Any) -> bytes | None:
    """Return plain data as JSON in UTF-8; None where a field is missing, unknown, or of another type.

    None, too, for what is too large, and for what JSON or a database cannot tell: numbers that are none, or larger than
    any float, and halves of surrogate pairs.
    """
    try:
        text = json.dumps(data, allow_nan=False, ensure_ascii=False).encode()
        if len(text) > MOST_BYTES:
            return None
        json.loads(text, parse_int=_reckonable)
        shape.validate_json(text, strict=True, extra="forbid")
    except (TypeError, ValueError, RecursionError):
        return None
    return text


def _reckonable(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError("a whole number has too many digits")
    return int(digits)
