"""The Job: everything that the grader needs to grade one submission. Plain data, no torch."""

import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from grader.protocol.reading import read

LIBRARY = re.compile(r"course-[1-9][0-9]{0,18}")
DIGEST = re.compile(r"[0-9a-f]{64}")


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
    `library` owns the exercise: "" is the installation, "course-7" a course. A course's exercise needs a digest.
    Raises ValueError if one of these is not so.
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
    library: str = ""

    def __post_init__(self) -> None:
        if self.library and not (LIBRARY.fullmatch(self.library) and DIGEST.fullmatch(self.digest)):
            raise ValueError(f"the library {self.library[:40]!r} needs a name such as course-7, and a digest")

    def to_dict(self) -> dict[str, Any]:
        """Return the job as plain JSON data. Former workers have no `library`: "" is left out for them."""
        data = asdict(self) | {"scope": str(self.scope)}
        return data if self.library else {name: value for name, value in data.items() if name != "library"}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Rebuild a job. Raises ValueError if a field is unknown, missing or of a wrong type."""
        return read(cls, data)
