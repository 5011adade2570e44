"""The order of people by name. Numbers in a name count as numbers: student2 comes before student10."""

import re

NUMBER = re.compile(r"([0-9]+)")

Key = list[tuple[int, int, str]]


def in_order(last_name: str, first_name: str, username: str) -> tuple[Key, Key, Key]:
    """Return the sort key of a person."""
    return _key(last_name), _key(first_name), _key(username)


def _key(name: str) -> Key:
    """Return the parts of a name, with numbers as integers."""
    return [(0, int(part), "") if NUMBER.fullmatch(part) else (1, 0, part.casefold()) for part in NUMBER.split(name)]
