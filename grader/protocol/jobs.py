"""The Job: everything that the grader needs to grade one submission. Plain data, no torch."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from grader.protocol.reading import read


class Scope(StrEnum):
    """Which cases of the exercise a job runs."""

    ALL = "all"
    PUBLIC = "public"


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """Everything that the grader needs to grade one submission.

    `seed` (0 <= seed < 2**63) decides the secret cases. `variant` is the learner's own seed for exercises whose
    statement has numbers for each learner. `digest` names the version of the exercise folder; if it is empty, the
    worker takes the version that it has. `token` names this attempt at grading: a report answers exactly one token.
    """

    submission: str
    token: str
    exercise: str
    digest: str
    source: str
    seed: int
    runtime: str = "cpu"
    scope: Scope = Scope.ALL
    variant: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the job as plain JSON data."""
        return asdict(self) | {"scope": str(self.scope)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Rebuild a job. Raises ValueError if a field is unknown, missing or of a wrong type."""
        return read(cls, data)
