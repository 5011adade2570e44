"""The verification of a course's package: what the server asks for, and what the worker found. Plain data, no torch.

The server sends a VerifyJob to the task `grader.verify`. The worker answers {"verification", "token", "verified"} to
the task `packages.record_verification`. While it runs, it publishes {"promise": id, "at": 3, "of": 12} on the channel
`progress:<verification>`.

The author's code can have made all of a Verified, so it has bounds: `bounded` keeps them, and `from_dict` refuses what
does not.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Literal, Self, TypeVar

from msgspec import Meta

from grader.protocol.reading import read
from grader.protocol.reports import Outcome, Report, Status

T = TypeVar("T")

Kind = Literal["exercise", "lesson"]
Promise = tuple[str, str]

PROMISES: tuple[Promise, ...] = (
    ("files", "The files are there and can be read"),
    ("loads", "reference.py and checks.py load"),
    ("cases", "The same seed gives the same cases, and at least three are secret"),
    ("witness", "The truth agrees with its witness"),
    ("null_answers", "Answers that compute nothing get no points, and no check raises an exception"),
    ("public_answers", "Right answers to the public cases alone get at most a fifth of the points"),
    ("statement", "The statement names every entry, and its samples print what it shows"),
    ("variants", "Each variant has its own numbers"),
    ("solution", "The solution gets every point with twenty seeds, in half the time limit"),
    ("alternatives", "Each alternative gets every point"),
    ("mistakes", "Each wrong answer gets exactly what mistakes.toml says"),
    ("sentences", "Every message to a learner has a sentence, with hints that are easy to read"),
)
"""What the verification of an exercise promises, in the order in which it is looked at: an id, and a sentence."""

LESSON_PROMISES: tuple[Promise, ...] = (
    ("files", "The file has a title and can be read"),
    ("blocks", "Every block runs and prints what the lesson shows"),
    ("places", "Every place of an exercise names one"),
)
"""What the verification of a lesson promises."""

MISTAKE_SEED = 1
"""The seed, and the variant, with which wrong answers are graded for `mistakes.toml`."""
MAX_PROBLEMS = 100
MAX_TEXT = 2_000
"""Characters of one problem; the rest is cut off."""
MAX_NAME = 200
"""Characters of a name, a path or a title."""
MAX_MISTAKES = 200
MAX_CHECKS = 100
MAX_VARIANTS = 100
MAX_NUMBERS = 50
"""Numbers of one variant."""
MAX_SLUGS = 100
MAX_LINE = 1_000_000
MAX_POINTS = 1e6
MAX_SECONDS = 1e6
MAX_NUMBER = 2**53
"""The largest number of a variant: JSON and JavaScript keep every whole number up to it."""

_Text = Annotated[str, Meta(max_length=MAX_TEXT)]
_Name = Annotated[str, Meta(max_length=MAX_NAME)]
_Line = Annotated[int, Meta(ge=1, le=MAX_LINE)]
_Points = Annotated[float, Meta(ge=0, le=MAX_POINTS)]
_Number = Annotated[int, Meta(ge=-MAX_NUMBER, le=MAX_NUMBER)] | Annotated[float, Meta(ge=-MAX_NUMBER, le=MAX_NUMBER)]
Line = int | Literal["none"]
"""The line to look at, counted from 1; "none" if no line alone is to blame."""
Numbers = dict[str, int | float]
"""The numbers of one variant, by name."""


def promises_of(kind: Kind) -> tuple[Promise, ...]:
    """Return what the verification of a package of this kind promises."""
    return PROMISES if kind == "exercise" else LESSON_PROMISES


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifyJob:
    """What the server sends: which version to verify. `token` names this attempt: a result answers exactly one token.

    `library` owns the version, such as "course-12". `variants` is how many variants' numbers to return.
    """

    verification: _Name
    token: _Name
    kind: Kind
    slug: _Name
    digest: _Name
    library: _Name
    variants: Annotated[int, Meta(ge=0, le=MAX_VARIANTS)] = MAX_VARIANTS

    def to_dict(self) -> dict[str, Any]:
        """Return the job as plain JSON data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Rebuild a job. Raises ValueError if a field is unknown, missing or of a wrong type."""
        return read(cls, data)


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageProblem:
    """One sentence that tells the author what to do, the promise that it breaks, and the place if it is known."""

    promise: _Name
    text: _Text
    file: _Name | None = None
    line: _Line | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MistakeResult:
    """What a wrong answer got: the starter, or `mistakes/<name>.py`.

    `findings` has the message of each check that failed. `line` is the line to look at, as the search for it proposes:
    "none" if it found no line that is to blame, None if it did not look.
    """

    name: _Name
    score: _Points
    outcome: Outcome
    findings: Annotated[dict[_Name, _Name], Meta(max_length=MAX_CHECKS)] = field(default_factory=dict)
    line: _Line | Literal["none"] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifiedCheck:
    """A check of the package: its function's name, the title that learners read, and its points."""

    name: _Name
    title: _Name
    points: _Points


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """What a verification found: the package is good if there is no problem.

    `promises_done` are the ids of the promises that were looked at, also the broken ones. `variants` has the numbers of
    the variants 0, 1, ..., and is None if the exercise has none. `slugs` are the exercises that the package names
    (places of a lesson, `after` of an exercise): the server knows if they exist.
    """

    problems: Annotated[tuple[PackageProblem, ...], Meta(max_length=MAX_PROBLEMS)] = ()
    promises_done: Annotated[tuple[_Name, ...], Meta(max_length=len(PROMISES))] = ()
    mistakes: Annotated[tuple[MistakeResult, ...], Meta(max_length=MAX_MISTAKES)] = ()
    checks: Annotated[tuple[VerifiedCheck, ...], Meta(max_length=MAX_CHECKS)] = ()
    variants: (
        Annotated[
            tuple[Annotated[dict[_Name, _Number], Meta(max_length=MAX_NUMBERS)], ...], Meta(max_length=MAX_VARIANTS)
        ]
        | None
    ) = None
    slugs: Annotated[tuple[_Name, ...], Meta(max_length=MAX_SLUGS)] = ()
    seconds: Annotated[float, Meta(ge=0, le=MAX_SECONDS)] = 0.0

    @property
    def passed(self) -> bool:
        """Whether no problem was found."""
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON data."""
        data = asdict(self)
        for result in data["mistakes"]:
            result["outcome"] = str(result["outcome"])
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Rebuild it. Raises ValueError if a field is unknown, missing, of a wrong type or beyond its bounds."""
        verified = read(cls, data)
        parts: tuple[tuple[str, type], ...] = (
            ("problems", PackageProblem),
            ("mistakes", MistakeResult),
            ("checks", VerifiedCheck),
        )
        for name, shape in parts:
            for item in data.get(name, ()):
                read(shape, item)  # `read` looks for unknown fields at the top only
        return verified


def result_of(name: str, report: Report, line: Line | None = None) -> MistakeResult:
    """Return what a wrong answer got, from its report and the line that was found ("none" if there is none)."""
    failed = [finding for finding in report.findings if finding.status is Status.FAILED]
    return MistakeResult(
        name=name,
        score=report.points,
        outcome=report.outcome,
        findings={finding.check: finding.message or "" for finding in failed},
        line=line,
    )


def bounded(verified: Verified) -> Verified:
    """Return what a verification found within the bounds of this module: what is too much is left out.

    If there are too many problems, the last one says how many are missing. Numbers that are not finite or too large
    become 0.
    """
    variants = verified.variants
    return Verified(
        problems=_problems(verified.problems),
        promises_done=tuple(_cut(verified.promises_done, len(PROMISES))),
        mistakes=tuple(map(_mistake, _cut(verified.mistakes, MAX_MISTAKES))),
        checks=tuple(map(_check, _cut(verified.checks, MAX_CHECKS))),
        variants=None if variants is None else tuple(map(_numbers, _cut(variants, MAX_VARIANTS))),
        slugs=tuple(slug[:MAX_NAME] for slug in _cut(verified.slugs, MAX_SLUGS)),
        seconds=_within(verified.seconds, MAX_SECONDS),
    )


def _problems(problems: Sequence[PackageProblem]) -> tuple[PackageProblem, ...]:
    if len(problems) > MAX_PROBLEMS:
        missing = len(problems) - MAX_PROBLEMS + 1
        last = PackageProblem(promise=problems[-1].promise, text=f"There are {missing} more problems.")
        problems = (*problems[: MAX_PROBLEMS - 1], last)
    return tuple(map(_problem, problems))


def _problem(problem: PackageProblem) -> PackageProblem:
    line = problem.line if problem.line is not None and 1 <= problem.line <= MAX_LINE else None
    text = problem.text if len(problem.text) <= MAX_TEXT else f"{problem.text[: MAX_TEXT - 2]} …"
    file = problem.file[:MAX_NAME] if problem.file else None
    return PackageProblem(promise=problem.promise[:MAX_NAME], text=text, file=file, line=line)


def _mistake(result: MistakeResult) -> MistakeResult:
    findings = _cut(list(result.findings.items()), MAX_CHECKS)
    return MistakeResult(
        name=result.name[:MAX_NAME],
        score=_within(result.score, MAX_POINTS),
        outcome=result.outcome,
        findings={check[:MAX_NAME]: message[:MAX_NAME] for check, message in findings},
        line=result.line,
    )


def _check(check: VerifiedCheck) -> VerifiedCheck:
    return VerifiedCheck(
        name=check.name[:MAX_NAME], title=check.title[:MAX_NAME], points=_within(check.points, MAX_POINTS)
    )


def _numbers(numbers: Mapping[str, int | float]) -> Numbers:
    pairs: Iterable[tuple[str, int | float]] = _cut(list(numbers.items()), MAX_NUMBERS)
    return {name[:MAX_NAME]: number if abs(number) <= MAX_NUMBER else 0 for name, number in pairs}


def _within(number: float, most: float) -> float:
    return number if math.isfinite(number) and 0 <= number <= most else 0.0


def _cut(items: Sequence[T], most: int) -> Sequence[T]:
    return items[:most]
