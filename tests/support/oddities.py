"""Plain data with one odd value: what a compromised sender can send."""

import copy

MISSING = object()


def places(node, at=()):
    """Yield the path to each value in plain data."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield (*at, key)
        yield from places(value, (*at, key))


def replaced(node, way, value):
    """Return a copy with another value in one place; if `value` is MISSING, remove that place."""
    *before, last = way
    whole = inner = copy.deepcopy(node)
    for key in before:
        inner = inner[key]
    inner[last] = value
    if value is MISSING:
        del inner[last]
    return whole
