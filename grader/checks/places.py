"""Names for the parts of an answer, as a learner reads them: "entry [2] of the gradient for `x`"."""

from collections.abc import Sequence

RESULT = "the result"
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")

Path = tuple[str | int, ...]
"""The keys and positions that lead from an answer to one of its parts."""


def name_of(path: Path, *, base: str = RESULT, index: str = "") -> str:
    """Return the name of the part at `path` inside `base`, or of its entry at `index` ("[3, 1]")."""
    for key in path:
        base = f"`{key}`" if isinstance(key, str) else f"{_ordinal(key)} of {base}"
    return f"entry {index} of {base}" if index else base


def sentence_start(name: str) -> str:
    """Return a name with a capital letter, for the beginning of a sentence."""
    return name[:1].upper() + name[1:]


def name_at(names: str | Sequence[str], path: Path) -> tuple[str, Path]:
    """Return the name that an author gave to a part, and the rest of the path.

    `names` is the name of the whole, or a name for each position.
    """
    if isinstance(names, str):
        return names, path
    if path and isinstance(path[0], int) and path[0] < len(names):
        return names[path[0]], path[1:]
    return RESULT, path


def _ordinal(position: int) -> str:
    return f"the {ORDINALS[position]} part" if position < len(ORDINALS) else f"part {position + 1}"
