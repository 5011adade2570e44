"""The Report and its Findings: what the grader says about a submission. Plain data, standard library only."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

from grader import VERSION
from grader.protocol.messages import render, render_hint


class Status(StrEnum):
    """What a check found."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class Outcome(StrEnum):
    """How a run ended. Earlier ones win: they explain the later ones."""

    UNGRADABLE = "ungradable"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"
    GRADED = "graded"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One check's answer.

    `message`, `hint` and `diagnosis` are ids of `grader.protocol.messages`, filled in with `data`; `case` is the title of the
    case that the finding speaks of. `evidence` is bounded data for the page, such as the heat map of a wrong gradient
    or the smallest counterexample; it never holds anything of a secret case.
    """

    check: str
    title: str
    status: Status
    points: float
    max_points: float
    message: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    hint: str | None = None
    diagnosis: str | None = None
    case: str | None = None
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str | None:
        """The message as a sentence."""
        return render(self.message, self.data)

    @property
    def hint_text(self) -> str | None:
        """The hint as a sentence."""
        return render_hint(self.hint, self.data)

    def to_public(self) -> dict[str, Any]:
        """Return the finding as the command line prints it: sentences instead of ids and data."""
        return {
            "check": self.check,
            "title": self.title,
            "status": str(self.status),
            "points": self.points,
            "max_points": self.max_points,
            "message": self.text,
            "hint": self.hint_text,
            "diagnosis": self.diagnosis,
            "case": self.case,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain JSON data."""
        return asdict(self) | {"status": str(self.status)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Rebuild a finding; an unknown or missing field is a TypeError."""
        return cls(**data | {"status": Status(data["status"])})


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What the grader says about one submission.

    `seconds` is the wall time of the learner's code, `output` what it printed (capped), `exhibits` what the page shows
    beside the findings: figures, graphs and series, each a dict with a "kind"; `grader` is the version that graded,
    empty in reports from before it was noted.
    """

    slug: str
    digest: str
    outcome: Outcome
    findings: Sequence[Finding]
    output: str = ""
    seconds: float = 0.0
    sandbox: str = ""
    runtime: str = "cpu"
    exhibits: Sequence[dict[str, Any]] = ()
    grader: str = VERSION

    @property
    def given(self) -> float:
        """Points given; nothing is given where the code could not be loaded."""
        return 0.0 if self.outcome is Outcome.UNGRADABLE else round(sum(f.points for f in self.findings), 4)

    @property
    def max(self) -> float:
        """Points that could be had."""
        return round(sum(f.max_points for f in self.findings), 4)

    def to_public(self) -> dict[str, Any]:
        """Return the report as the command line prints it (stable; scripts rely on it)."""
        return {
            "slug": self.slug,
            "outcome": str(self.outcome),
            "score": {"given": self.given, "max": self.max},
            "findings": [finding.to_public() for finding in self.findings],
            "output": self.output,
            "seconds": self.seconds,
            "sandbox": self.sandbox,
            "runtime": self.runtime,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON data."""
        return {
            "slug": self.slug,
            "digest": self.digest,
            "outcome": str(self.outcome),
            "findings": [finding.to_dict() for finding in self.findings],
            "output": self.output,
            "seconds": self.seconds,
            "sandbox": self.sandbox,
            "runtime": self.runtime,
            "exhibits": list(self.exhibits),
            "grader": self.grader,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Rebuild a report; an unknown or missing field is a TypeError."""
        findings = tuple(Finding.from_dict(finding) for finding in data["findings"])
        return cls(
            **{"grader": ""}
            | data
            | {"outcome": Outcome(data["outcome"]), "findings": findings, "exhibits": tuple(data["exhibits"])}
        )
