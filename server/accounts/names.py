"""How people are sorted: as one reads their names, so that student2 comes before student10."""

import re

NUMBER = re.compile(r"([0-9]+)")

Key = list[tuple[int, int, str]]


def in_order(last_name: str, first_name: str, username: str) -> tuple[Key, Key, Key]:
    """Return what to sort a person by."""
    return _key(last_name), _key(first_name), _key(username)


def _key(name: str) -> Key:
    """Return the parts of a name, the numbers in it as numbers."""
    return [(0, int(part), "") if NUMBER.fullmatch(part) else (1, 0, part.casefold()) for part in NUMBER.split(name)]
