"""A snippet of a lesson: its blocks in order, and what the last of them shows. Plain data, standard library only.

`grader.grading.snippet_run` runs it.
"""

from dataclasses import asdict, dataclass
from typing import Any, Self

from grader.protocol.reports import Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Snippet:
    """What the server sends: whose answer it is, and the blocks up to the one that shall be shown."""

    run: str
    token: str
    sources: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the snippet as plain data."""
        return asdict(self) | {"sources": list(self.sources)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the snippet of plain data; TypeError where a field is unknown or missing."""
        return cls(**data | {"sources": tuple(data.get("sources", ()))})


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What the last block showed. A learner's code may have written all of it.

    `error` is the exception in words, with its `line` in the last block; one that an `earlier` block raised has none.
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
        """Return what plain data says; TypeError or ValueError where it is something else."""
        return cls(**data | {"outcome": Outcome(str(data.get("outcome")))})
