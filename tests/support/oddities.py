"""Plain data with something odd in one place: what somebody may send who was taken over."""

import copy

MISSING = object()


def places(node, at=()):
    """Yield the way to each value within plain data."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield (*at, key)
        yield from places(value, (*at, key))


def replaced(node, way, value):
    """Return a copy with another value in one place, or with none where the value is MISSING."""
    *before, last = way
    whole = inner = copy.deepcopy(node)
    for key in before:
        inner = inner[key]
    inner[last] = value
    if value is MISSING:
        del inner[last]
    return whole
