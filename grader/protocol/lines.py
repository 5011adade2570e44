"""The line to look at, as the grader sends it after a report: its number, and the edit that makes the code right."""

from dataclasses import dataclass
from typing import Any, Self

MAX_EDIT_LINES = 8
"""Lines that an edit takes away, or adds."""
MAX_EDIT_TEXT = 300
"""Characters of one line of an edit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """A small change of a submission's code: the lines that it takes away, and those that it adds.

    The lines are written as Python writes a syntax tree, so spaces and comments can differ from the learner's. A
    learner's code can have made up all of it.
    """

    removed: tuple[str, ...]
    added: tuple[str, ...]

    @classmethod
    def read(cls, document: Any) -> Self | None:
        """Return an edit in JSON; None if it is not one, or too large."""
        match document:
            case {"removed": [*removed], "added": [*added], **rest} if not rest and (removed or added):
                if _are_lines(removed) and _are_lines(added):
                    return cls(removed=tuple(removed), added=tuple(added))
        return None

    def to_dict(self) -> dict[str, list[str]]:
        """Return the edit as JSON."""
        return {"removed": list(self.removed), "added": list(self.added)}


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundLine:
    """The line to look at, from 1. `edit` is there if one edit makes every case pass."""

    line: int
    edit: Edit | None = None


def _are_lines(lines: list[Any]) -> bool:
    return len(lines) <= MAX_EDIT_LINES and all(
        isinstance(line, str) and len(line) <= MAX_EDIT_TEXT and line.isprintable() for line in lines
    )
