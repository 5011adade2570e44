"""Names of people: their order, and which characters they have.

Numbers in a name count as numbers: student2 comes before student10.
"""

import re
import unicodedata

NUMBER = re.compile(r"([0-9]+)")
JOINERS = "\u200c\u200d"
"""Invisible characters that Persian and Indic names need (zero-width non-joiner and joiner)."""

Key = list[tuple[int, int, str]]


def in_order(last_name: str, first_name: str, username: str) -> tuple[Key, Key, Key]:
    """Return the sort key of a person."""
    return _key(last_name), _key(first_name), _key(username)


def _key(name: str) -> Key:
    """Return the parts of a name, with numbers as integers."""
    return [(0, int(part), "") if NUMBER.fullmatch(part) else (1, 0, part.casefold()) for part in NUMBER.split(name)]


def without_invisible(text: str, *, keep: str = "") -> str:
    """Return a text in Unicode's composed form, without characters that cannot be seen and blanks around it.

    Control characters, zero-width spaces and direction marks are removed (Unicode's categories Cc, Cf and Cs), except
    those in `keep`. A run of blanks of any kind becomes one space.
    """
    kept = [char for char in unicodedata.normalize("NFC", text) if char.isspace() or char in keep or _is_visible(char)]
    return " ".join("".join(kept).split())


def _is_visible(char: str) -> bool:
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs"}
