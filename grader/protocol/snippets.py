"""A snippet of a lesson: its blocks in order, and what the last of them shows. Plain data, no torch.

`grader.grading.snippet_run` runs it.
"""

from dataclasses import asdict, dataclass
from typing import Any, Self

from grader.protocol.reading import read
from grader.protocol.reports import Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Snippet:
    """What the server sends: the id and the token of the run, and the blocks up to the one to show."""

    run: str
    token: str
    sources: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the snippet as plain data."""
        return asdict(self) | {"sources": list(self.sources)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Rebuild a snippet. Raises ValueError if a field is unknown, missing or of a wrong type."""
        return read(cls, data)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What the last block showed. A learner's code can have written all of it.

    `error` is the exception as text, with its `line` in the last block. It has no line if an `earlier` block
    raised it.
    """

    outcome: Outcome
    output: str = ""
    capped: bool = False
    error: str | None = None
    line: int | None = None
    earlier: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self) | {"outcome": str(self.outcome)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Rebuild it. Raises ValueError if a field is unknown, missing or of a wrong type."""
        return read(cls, data)
