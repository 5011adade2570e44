"""What `verify` asks the author's side, beside the calls of a grading. All answers are plain data.

Everything behind `Examiner` is a package's own code, as behind `Author`. `InProcessExaminer` answers in this process,
for the installation's packages. A course's packages answer from the author's instance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from grader.grading.author import CaseAnswer, CheckFacts
from grader.packages.cases import Case

WITNESS_SEEDS = (1, 2, 3)
MAX_ANSWERS = 200
"""Null answers of one package; the others are not looked at."""
MAX_USED = 200
"""Messages that the findings about one null answer use."""

Used = tuple[str, tuple[str, ...]]
"""A message that a learner can get: its id, and the names of its data."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """What is wrong in a package: a sentence, and the place if it is known."""

    text: str
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NullAnswer:
    """What an answer that took no computation got: its points, or the exception that it made a check raise."""

    name: str
    points: float = 0.0
    error: Fault | None = None
    used: tuple[Used, ...] = ()


class Examiner(Protocol):
    """A package's own code, as `verify` asks it. Each call raises PackageError, with the place, if that code raises."""

    def checks(self) -> Sequence[CheckFacts]:
        """Return the checks. Loads the package's code."""
        ...

    def cases(self, seed: int, *, variant: int = 0) -> Sequence[Case]:
        """Return the cases of a seed."""
        ...

    def cases_again(self, seed: int) -> Sequence[Case]:
        """Return the cases of a seed, made after others in the same process."""
        ...

    def impossible_cases(self) -> Sequence[str]:
        """Return what the cases and counterexamples use that does not exist, as sentences."""
        ...

    def disagreement(self) -> str | None:
        """Return how truth and witness differ in the first case in which they do; None if they agree."""
        ...

    def near_misses(self) -> Sequence[Used]:
        """Return the messages of the near misses."""
        ...

    def null_answers(self) -> Sequence[NullAnswer]:
        """Return what each null answer got."""
        ...

    def public_answers(self, answers: Sequence[CaseAnswer]) -> Sequence[NullAnswer]:
        """Return what the solution's answers get if only those to public cases are kept."""
        ...

    def empty_figures(self, answers: Sequence[CaseAnswer]) -> Sequence[NullAnswer]:
        """Return what the solution's figures get with zeros for all their numbers; nothing if it draws none."""
        ...

    def numbers(self, variants: Sequence[int]) -> Sequence[Mapping[str, Any]]:
        """Return the numbers of each variant."""
        ...
