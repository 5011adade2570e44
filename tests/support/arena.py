"""Runs an attack in a sandbox: graded like any submission, by the pipeline that grades learners."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from grader.grading.pipeline import grade
from grader.protocol.jobs import Job
from grader.protocol.reports import Report
from grader.sandboxes.pool import SandboxPool


def attacks_in(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.py"))


SECURITY = Path(__file__).parents[1] / "security"
ATTACKS = attacks_in(SECURITY / "attacks")
EXPECTED = tomllib.loads((SECURITY / "expected.toml").read_text())

EXERCISE = "derivatives/sin"
SOLUTION = (SECURITY.parents[1] / "exercises" / EXERCISE / "solution.py").read_text()
FULL_POINTS = 10

# An attack without entries of its own is put before an honest solution. It runs while loading, or in the first call.
WITH_SOLUTION = """

{solution}

_honest = sin_derivatives

def sin_derivatives(x):
    strike, globals()["in_call"] = globals().get("in_call"), None
    if strike is not None:
        strike()
    return _honest(x)
"""


class LimitedSandbox:
    """A sandbox with less memory, and with two seconds if the attack is to time out, else thirty."""

    def __init__(self, sandbox: SandboxPool, expected: "Expectation") -> None:
        self.name = sandbox.name
        self._sandbox, self._seconds = sandbox, 2.0 if "timed_out" in expected.outcomes else 30.0

    @contextmanager
    def open(self, program, *, limits, patience=None, **more) -> Iterator:
        seconds = self._seconds if patience is None else limits.wall_seconds  # patience: for counterexamples
        limited = replace(limits, wall_seconds=seconds, memory_mb=512)
        with self._sandbox.open(program, limits=limited, patience=patience, **more) as run:
            yield run


@dataclass(frozen=True)
class Expectation:
    """What expected.toml allows an attack on an engine."""

    outcomes: tuple[str, ...]
    points: float
    twice: bool
    tolerated: tuple[str, ...]


def expectation(row: dict[str, Any], engine: str) -> Expectation:
    """What a row of expected.toml allows on an engine. An empty row allows: graded, with full points."""
    row = row | row.get("on", {}).get(engine, {})
    outcomes = row.get("outcome", "graded")
    return Expectation(
        outcomes=tuple([outcomes] if isinstance(outcomes, str) else outcomes),
        points=row.get("points", FULL_POINTS),
        twice=row.get("twice", False),
        tolerated=tuple(row.get("tolerated", {}).get(engine, ())),
    )


def achievements(report: Report, *, tolerated: tuple[str, ...] = ()) -> list[str]:
    """What an attack printed as achieved, except what is tolerated."""
    lines = [line for line in report.output.splitlines() if "ESCAPED" in line]
    return [line for line in lines if not line.endswith(tolerated or ("\n",))]


def source_of(attack: str, folder: Path = SECURITY / "attacks") -> str:
    text = (folder / f"{attack}.py").read_text()
    return text if "def sin_derivatives" in text else text + WITH_SOLUTION.format(solution=SOLUTION)


def graded(source: str, sandbox) -> Report:
    job = Job(submission="hostile", token="t", exercise=EXERCISE, digest="", source=source, seed=20260731)
    return grade(job, sandbox=sandbox)


def withstand(source: str, expected: Expectation, sandbox: SandboxPool) -> None:
    """Run an attack: it gains no more than expected, and the next submission finds a sandbox like new."""
    for _ in range(2 if expected.twice else 1):
        report = graded(source, LimitedSandbox(sandbox, expected))

        achieved = achievements(report, tolerated=expected.tolerated)
        assert achieved == [], achieved
        assert str(report.outcome) in expected.outcomes, (report.outcome, report.output)
        assert report.points <= expected.points, report.points
    honest = graded(SOLUTION, sandbox)

    assert honest.points == FULL_POINTS, honest
    assert honest.output == "", honest.output
