"""The Report and its Findings: what the grader found out about a submission. Plain data, no torch.

`ReportDocument` and `FindingDocument` are the JSON form: they cross the queue, lie in the database, and can come from
an older or a newer version. There the attachments are called `exhibits`, and nowhere else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Literal, Self, TypedDict, cast

from grader import VERSION
from grader.protocol.messages import render, render_hint, render_levels
from grader.protocol.reading import read

Value = str | int | float | bool | None
Data = Mapping[str, Value | Sequence[Value]]
"""What fills in the blanks of a message."""


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


class HeatMapEvidence(TypedDict):
    """A wrong tensor of a public case beside the expected one: its shape, and all numbers in order."""

    shape: list[int]
    got: list[float]
    expected: list[float]


class CounterexampleEvidence(TypedDict):
    """The smallest input on which the code is wrong: the call, what it returned and what was expected, as text."""

    call: str
    got: str
    expected: str


class Evidence(TypedDict, total=False):
    """What the page shows with a failed finding. It never holds anything of a secret case."""

    heat_map: HeatMapEvidence
    counterexample: CounterexampleEvidence


class GraphAttachment(TypedDict):
    """The autograd graph of the result (see `grader.harness.child.graph`), and the arguments that it does not reach."""

    kind: Literal["graph"]
    case: str
    graph: Mapping[str, Any]
    cut_off: list[str]


class FigureAttachment(TypedDict):
    """A picture: a PNG in base64."""

    kind: Literal["figure"]
    case: str
    png: str


class CurveAttachment(TypedDict):
    """Numbers to draw side by side: None if a number is not finite.

    `yours` is empty if that part of the answer is missing or has another shape.
    """

    name: str
    yours: list[float | None]
    reference: list[float | None]


class SeriesAttachment(TypedDict):
    """The curves of one public case."""

    kind: Literal["series"]
    case: str
    title: str
    series: list[CurveAttachment]


Attachment = GraphAttachment | FigureAttachment | SeriesAttachment


IDENTITY = ("digest", "seconds", "grader")
"""The fields that tell the reports of one submission apart."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingDocument:
    """A finding as JSON has it. `data` and `evidence` can hold what only another version knows."""

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


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportDocument:
    """A report as JSON has it. `grader` is missing in reports from before it was noted."""

    slug: str
    digest: str
    outcome: Outcome
    findings: list[FindingDocument]
    exhibits: list[dict[str, Any]]
    output: str = ""
    seconds: float = 0.0
    sandbox: str = ""
    runtime: str = "cpu"
    grader: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One check's answer.

    `message`, `hint` and `diagnosis` are ids of `grader.protocol.messages`, filled in with `data`. If the package has
    sentences of its own for the message, `data` holds them (`OWN_WORDS`). `case` is the title of the case that the
    finding is about.
    """

    check: str
    title: str
    status: Status
    points: float
    max_points: float
    message: str | None = None
    data: Data = field(default_factory=dict)
    hint: str | None = None
    diagnosis: str | None = None
    case: str | None = None
    evidence: Evidence = field(default_factory=Evidence)

    @property
    def message_text(self) -> str | None:
        """The message as a sentence."""
        return render(self.message, self.data)

    @property
    def hint_text(self) -> str | None:
        """The hint as a sentence."""
        return render_hint(self.hint, self.data)

    @property
    def hint_texts(self) -> list[str]:
        """All levels of the hint as sentences: what to look at, why it goes wrong, what to change."""
        return list(render_levels(self.hint, self.data).values())

    def to_public(self) -> dict[str, Any]:
        """Return the finding as the command line prints it: sentences instead of ids and data."""
        return {
            "check": self.check,
            "title": self.title,
            "status": str(self.status),
            "points": self.points,
            "max_points": self.max_points,
            "message": self.message_text,
            "hint": self.hint_text,
            "hints": self.hint_texts,
            "diagnosis": self.diagnosis,
            "case": self.case,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain JSON data, with the fields of `FindingDocument`."""
        return asdict(self) | {"status": str(self.status)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Rebuild a finding. Raises ValueError if a field is unknown, missing or of a wrong type."""
        document = read(FindingDocument, data)
        return cls(**{name: getattr(document, name) for name in FindingDocument.__dataclass_fields__})


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What the grader found out about one submission.

    `seconds` is the wall time of the learner's code, `output` what it printed (capped), `attachments` what the page
    shows beside the findings, `grader` the version that graded.
    """

    slug: str
    digest: str
    outcome: Outcome
    findings: Sequence[Finding]
    output: str = ""
    seconds: float = 0.0
    sandbox: str = ""
    runtime: str = "cpu"
    attachments: Sequence[Attachment] = ()
    grader: str = VERSION

    @property
    def points(self) -> float:
        """The points that the submission got; none if the code could not be loaded."""
        return 0.0 if self.outcome is Outcome.UNGRADABLE else round(sum(f.points for f in self.findings), 4)

    @property
    def max_points(self) -> float:
        """The points that a right answer gets."""
        return round(sum(f.max_points for f in self.findings), 4)

    @property
    def identity(self) -> dict[str, Any]:
        """What tells this report of a submission from its other ones."""
        return {name: getattr(self, name) for name in IDENTITY}

    def to_public(self) -> dict[str, Any]:
        """Return the report as the command line prints it (stable; scripts rely on it)."""
        return {
            "slug": self.slug,
            "outcome": str(self.outcome),
            "score": {"given": self.points, "max": self.max_points},
            "findings": [finding.to_public() for finding in self.findings],
            "output": self.output,
            "seconds": self.seconds,
            "sandbox": self.sandbox,
            "runtime": self.runtime,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON data, with the fields of `ReportDocument`."""
        return {
            "slug": self.slug,
            "digest": self.digest,
            "outcome": str(self.outcome),
            "findings": [finding.to_dict() for finding in self.findings],
            "output": self.output,
            "seconds": self.seconds,
            "sandbox": self.sandbox,
            "runtime": self.runtime,
            "exhibits": list(self.attachments),
            "grader": self.grader,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Rebuild a report. Raises ValueError if a field is unknown, missing or of a wrong type.

        What evidence and attachments hold is not looked at here: the pages leave out what they cannot show.
        """
        document = read(ReportDocument, data)
        return cls(
            slug=document.slug,
            digest=document.digest,
            outcome=document.outcome,
            findings=tuple(Finding.from_dict(finding) for finding in data["findings"]),
            output=document.output,
            seconds=document.seconds,
            sandbox=document.sandbox,
            runtime=document.runtime,
            attachments=cast("tuple[Attachment, ...]", tuple(document.exhibits)),
            grader=document.grader,
        )
