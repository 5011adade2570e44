"""Reads JSON from strangers: how many lists and objects it has is known before any of them is built.

Python needs up to a hundred times the memory of the text for an empty list or object, and longer to build it.
"""

import json
import re
from typing import Any

MOST_CONTAINERS = 100_000
# An unclosed string takes the rest, so that no byte is read twice.
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)


class TooManyContainers(ValueError):
    """A JSON text has more than `MOST_CONTAINERS` lists and objects."""


def load_json(text: bytes, **options: Any) -> Any:
    """Return the data of a JSON text in UTF-8, as `json.loads` does with the same options.

    Raises TooManyContainers if there are too many lists and objects, ValueError if it is not JSON, and RecursionError
    if it is nested too deeply.
    """
    # Strings can hold brackets, which cost nothing; they are looked at only if it matters.
    count = _containers(text)
    if count > MOST_CONTAINERS and count - _containers_in_strings(text) > MOST_CONTAINERS:
        raise TooManyContainers(f"more than {MOST_CONTAINERS:,} lists and objects")
    return json.loads(text.decode("utf-8"), **options)


def _containers(text: bytes) -> int:
    return text.count(b"[") + text.count(b"{")


def _containers_in_strings(text: bytes) -> int:
    return sum(_containers(match.group()) for match in _STRING.finditer(text))
