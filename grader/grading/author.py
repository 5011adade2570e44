"""The author's side of a grading, as the worker sees it: three calls, plain data both ways.

    cases = author.cases(seed)              the inputs
    judgement = author.judge(answers)       once, when all observations are there and the end of the run is known
    author.ladder(check)                    the second question: tiny cases for a check that a secret case failed, and
    author.counterexample(check, answers)   the smallest of them on which the code is wrong

Everything behind `Author` is a package's own code: the reference, its truth and near misses, and the checks. The worker
holds data only, so that this code can run in a sandbox of its own. The truth never crosses: only the author's side
compares. Today `InProcessAuthor` answers in the worker's process.

`Bounded` enforces the sizes of what an author's side returns; nothing else does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from grader.errors import PackageError
from grader.packages.cases import Case
from grader.protocol.reports import CounterexampleEvidence, Data, Finding, SeriesAttachment, Value
from grader.sandboxes.base import Observation

T = TypeVar("T")

MAX_CASES = 500
"""Cases of a seed, and tiny cases for one check."""
MAX_CHECKS = 100
MAX_DATA = 50
"""Values that fill in one message."""
MAX_TEXT = 20_000
"""Characters of one text; the rest is cut off, as a learner's code can have written it."""
MAX_HEAT = 400
"""Numbers of each side of a heat map."""
MAX_CURVES = 12
MAX_CURVE_POINTS = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckFacts:
    """What the worker knows of a check: enough for the report of code that does not load."""

    name: str
    title: str
    points: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Stop:
    """Why a case has no answer: a message id with its data and its hint."""

    message: str
    data: Data = field(default_factory=dict)
    hint: str | None = None


NOT_RUN = Stop(message="not_run")
"""The run ended before this case was begun."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseAnswer:
    """A case with its observation. It is None if the run ended before the answer, and then `stop` says why."""

    case: Case
    observation: Observation | None
    stop: Stop = NOT_RUN


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What the checks found.

    `unexplained` names the checks that a secret case failed: a counterexample would help the learner. `charts` are the
    curves of public cases, by the position of the answer.
    """

    findings: tuple[Finding, ...]
    unexplained: tuple[str, ...] = ()
    charts: Mapping[int, SeriesAttachment] = field(default_factory=dict)


class Author(Protocol):
    """A package's own code. Every call can raise PackageError, which is the author's mistake and not the learner's."""

    def checks(self) -> Sequence[CheckFacts]:
        """Return the checks, in the order in which they are judged."""
        ...

    def cases(self, seed: int, *, variant: int = 0) -> Sequence[Case]:
        """Return the cases of a seed; the same ones for the same seed."""
        ...

    def judge(self, answers: Sequence[CaseAnswer]) -> Judgement:
        """Return what the checks find in the answers."""
        ...

    def failing(self, answers: Sequence[CaseAnswer]) -> Sequence[int]:
        """Return the positions of the answers that fail a check; a check that comes after another runs too."""
        ...

    def ladder(self, check: str) -> Sequence[Case]:
        """Return the tiny cases of a check, smallest first; none if the package has none for it."""
        ...

    def counterexample(self, check: str, answers: Sequence[CaseAnswer]) -> CounterexampleEvidence | None:
        """Return the first answer of a ladder that visibly fails the check, None if there is none."""
        ...


class Bounded:
    """An author's side whose answers keep the bounds of this module. Raises PackageError if one does not."""

    def __init__(self, author: Author, *, slug: str) -> None:
        self._author = author
        self._slug = slug

    def checks(self) -> Sequence[CheckFacts]:
        """Return the checks."""
        return self._at_most(MAX_CHECKS, self._author.checks(), "checks")

    def cases(self, seed: int, *, variant: int = 0) -> Sequence[Case]:
        """Return the cases of a seed."""
        return self._at_most(MAX_CASES, self._author.cases(seed, variant=variant), "cases")

    def judge(self, answers: Sequence[CaseAnswer]) -> Judgement:
        """Return the judgement, with long texts cut off."""
        judgement = self._author.judge(answers)
        self._at_most(MAX_CHECKS, judgement.findings, "findings")
        for chart in judgement.charts.values():
            self._check_chart(chart)
        return replace(judgement, findings=tuple(map(self._finding, judgement.findings)))

    def failing(self, answers: Sequence[CaseAnswer]) -> Sequence[int]:
        """Return the positions of the answers that fail a check."""
        return self._at_most(len(answers), self._author.failing(answers), "failing answers")

    def ladder(self, check: str) -> Sequence[Case]:
        """Return the tiny cases of a check."""
        return self._at_most(MAX_CASES, self._author.ladder(check), "counterexamples")

    def counterexample(self, check: str, answers: Sequence[CaseAnswer]) -> CounterexampleEvidence | None:
        """Return the counterexample, with long texts cut off."""
        example = self._author.counterexample(check, answers)
        return example and CounterexampleEvidence(
            call=example["call"][:MAX_TEXT], got=example["got"][:MAX_TEXT], expected=example["expected"][:MAX_TEXT]
        )

    def _finding(self, finding: Finding) -> Finding:
        heat_map = finding.evidence.get("heat_map")
        if heat_map is not None:
            self._at_most(MAX_HEAT, heat_map["got"], "numbers in a heat map")
            self._at_most(MAX_HEAT, heat_map["expected"], "numbers in a heat map")
        self._at_most(MAX_DATA, tuple(finding.data), f"values in the data of `{finding.message}`")
        return replace(finding, data={name: self._value(name, value) for name, value in finding.data.items()})

    def _value(self, name: str, value: Value | Sequence[Value]) -> Value | Sequence[Value]:
        match value:
            case str():
                return value[:MAX_TEXT]
            case None | bool() | int() | float():
                return value
            case list() | tuple() if len(value) <= MAX_DATA and all(map(_is_value, value)):
                return value
        raise PackageError(
            f"{self._slug}: a check's data has `{name}` = {str(value)[:80]}; use text, a number, or a short list."
        )

    def _check_chart(self, chart: SeriesAttachment) -> None:
        for curve in self._at_most(MAX_CURVES, chart["series"], "curves"):
            self._at_most(MAX_CURVE_POINTS, curve["yours"], "points of a curve")
            self._at_most(MAX_CURVE_POINTS, curve["reference"], "points of a curve")

    def _at_most(self, limit: int, items: Sequence[T], what: str) -> Sequence[T]:
        if len(items) > limit:
            raise PackageError(f"{self._slug}: there are {len(items)} {what}; at most {limit} are possible.")
        return items


def _is_value(value: object) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= MAX_TEXT) or isinstance(value, int | float)
