"""A report as a page shows it. Reports are kept for years, so an unknown message must not break a page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from django.utils import timezone

from grader.protocol.messages import render
from grader.protocol.reports import Finding, Outcome, Report, Status
from server.catalogue.exercises import in_present_words
from server.submissions.models import Kind, Submission
from server.submissions.rendering.attachments import Attachments
from server.submissions.rendering.causes import by_cause
from server.submissions.rendering.heat import HeatMap

# The grader looks for the line after the score is out, and gives up long before this.
LINE_FOLLOWS_WITHIN = timedelta(seconds=30)
OUTCOMES = {
    Outcome.GRADED: "Graded",
    Outcome.UNGRADABLE: "Your code could not be run. This used no attempt.",
    Outcome.TIMED_OUT: "Your code took too long and was stopped. What finished in time was scored.",
    Outcome.OUT_OF_MEMORY: "Your code used too much memory and was stopped.",
    Outcome.CRASHED: "Python itself crashed while running your code.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Counterexample:
    """The smallest call with a wrong result, its result, and the expected one.

    `of` says what the result is if it is only a part of what the call gives, such as "gradient for `x`".
    """

    of: str
    call: str
    got: str
    expected: str

    @classmethod
    def read(cls, document: Any) -> Self | None:
        """Return the counterexample of a finding's evidence; None if there is none."""
        match document:
            case {"call": str(call), "got": str(got), "expected": str(expected)}:
                head, bracket, rest = call.partition("(")
                of, _, name = head.rpartition(" of ")
                return cls(of=of, call=name + bracket + rest, got=got, expected=expected)
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingRow:
    """The finding of one check, in words and pictures.

    `diagnosis` is None if the message says the same. `line` is the line of the learner's code that the message is
    about.
    """

    title: str
    status: str
    points: float
    max_points: float
    message: str | None
    diagnosis: str | None
    hint: str | None
    case: str | None
    line: int | None
    traceback: str
    counterexample: Counterexample | None
    heat_map: HeatMap | None
    finding: Finding

    @property
    def sentence(self) -> str:
        """What happened, in one or two sentences; the check's title if there is no more to say."""
        return self.message or self.diagnosis or self.title

    @property
    def further_line(self) -> int | None:
        """The line, if the sentence does not name it."""
        return self.line if self.line and f"line {self.line}" not in self.sentence else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """Failed checks that have one cause, in the report's order; `lead` is the one that tells it best."""

    rows: list[FindingRow]
    lead: FindingRow

    @property
    def cost(self) -> float:
        """The points that the cause costs."""
        return sum(row.max_points - row.points for row in self.rows)


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultView:
    """A report in words and pictures. `given` and `max` are points.

    `line` is the line of the learner's code to look at, None if the grader names none. It can come some seconds after
    the report; `line_can_follow` is true as long as it can.
    """

    outcome: str
    headline: str
    rows: list[FindingRow]
    causes: list[Cause]
    output: str
    seconds: float
    given: float
    max: float
    attachments: Attachments
    line: int | None = None
    line_can_follow: bool = False

    @property
    def marks(self) -> list[dict[str, Any]]:
        """The editor's notes: each line once, with the first message about it."""
        messages = {row.line: row.message for row in reversed(self.rows) if row.line and row.message}
        return [{"line": line, "message": message} for line, message in sorted(messages.items())]

    @property
    def passed(self) -> list[FindingRow]:
        """The checks that passed."""
        return [row for row in self.rows if row.status == Status.PASSED]

    @property
    def skipped(self) -> list[FindingRow]:
        """The checks that were not run."""
        return [row for row in self.rows if row.status == Status.SKIPPED]

    @property
    def announcement(self) -> str:
        """What a screen reader says when the result comes: how it ended, the first cause, and the line to look at."""
        if not self.causes:
            return "All checks passed." if self.perfect else self.headline
        lead = self.causes[0].lead
        raised = f"Line {lead.further_line}." if lead.further_line not in {None, self.line} else ""
        look = f"Look at line {self.line}." if self.line else ""
        return " ".join(filter(None, [lead.sentence.replace("`", ""), raised, look]))

    @property
    def perfect(self) -> bool:
        """Whether every point was given."""
        return self.max > 0 and self.given >= self.max


def result_of(submission: Submission, *, points: float | None = None) -> ResultView | None:
    """Return a submission's report for its page, or None if there is none.

    With `points`, those of the assignment, all points are in its scale; otherwise they are the exercise's own.
    """
    if submission.report is None:
        return None
    report = in_present_words(Report.from_dict(submission.report), library=submission.library)
    view = report_view(report, points=points, kind=Kind(submission.kind))
    line = line_of(submission) if view.causes else None
    return replace(view, line=line, line_can_follow=bool(view.causes) and line is None and _is_fresh(submission))


def report_view(report: Report, *, points: float | None = None, kind: Kind = Kind.SUBMIT) -> ResultView:
    """Return a report for a page, without the line to look at. `points` as in `result_of`."""
    scale = points / report.max_points if points is not None and report.max_points else 1.0
    return ResultView(
        outcome=str(report.outcome),
        headline=_headline(report, kind),
        rows=[_row(finding, scale) for finding in report.findings],
        causes=[_cause(group, scale) for group in by_cause(report.findings)],
        output=report.output,
        seconds=report.seconds,
        given=report.points * scale,
        max=report.max_points * scale,
        attachments=Attachments.read(report.attachments),
    )


def line_of(submission: Submission) -> int | None:
    """Return the line to look at that the grader named; None if it named none, or the code has no such line."""
    line = submission.line
    return line if line is not None and 1 <= line <= submission.source.count("\n") + 1 else None


def _is_fresh(submission: Submission) -> bool:
    finished_at: datetime | None = submission.finished_at
    return finished_at is not None and timezone.now() - finished_at < LINE_FOLLOWS_WITHIN


def _headline(report: Report, kind: Kind) -> str:
    if report.outcome is not Outcome.GRADED:
        return OUTCOMES[report.outcome]
    if report.max_points and report.points >= report.max_points:
        return "Every check passed on the public cases." if kind is Kind.TEST_RUN else "Every check passed."
    failed = sum(finding.status == "failed" for finding in report.findings)
    return f"{failed} of {len(report.findings)} checks failed." if failed else OUTCOMES[report.outcome]


def _cause(findings: list[Finding], scale: float) -> Cause:
    rows = [_row(finding, scale) for finding in findings]
    diagnosed = (row for row, finding in zip(rows, findings, strict=True) if finding.diagnosis is not None)
    return Cause(rows=rows, lead=next(diagnosed, rows[0]))


def _row(finding: Finding, scale: float = 1.0) -> FindingRow:
    message = finding.message_text
    diagnosis = render(finding.diagnosis, finding.data)
    return FindingRow(
        title=finding.title,
        status=str(finding.status),
        points=finding.points * scale,
        max_points=finding.max_points * scale,
        message=message,
        diagnosis=None if diagnosis == message else diagnosis,
        hint=finding.hint_text,
        case=finding.case,
        line=_line_number(finding.data),
        traceback=_traceback(finding.data),
        counterexample=Counterexample.read(finding.evidence.get("counterexample")),
        heat_map=HeatMap.read(finding.evidence.get("heat_map")),
        finding=finding,
    )


def _line_number(data: Mapping[str, Any]) -> int | None:
    line = data.get("line")
    return line if type(line) is int and line > 0 else None


def _traceback(data: Mapping[str, Any]) -> str:
    traceback = data.get("traceback")
    return traceback if isinstance(traceback, str) else ""
