"""Reading the report of a grader. A faulty grader, or one that an attacker controls, can send anything."""

import re
from typing import Any

from pydantic import TypeAdapter

from grader.protocol.reports import Outcome, Report, ReportDocument
from server.common.strict_json import checked_json

# The most points of one check. No exercise gives as many, and sums stay far below the largest float.
MOST_POINTS = 1_000_000
_REPORT = TypeAdapter(ReportDocument)
# NUL is text for Python, but PostgreSQL cannot store it.
# As JSON writes it; not a backslash that is followed by a printed "u0000".
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def read_report(data: dict[str, Any]) -> Report | None:
    """Return the report, or None if a faulty worker sent something else: `reconcile` then sends the job again."""
    text = checked_json(_REPORT, data)
    if text is None or _NUL.search(text):
        return None
    report = Report.from_dict(data)
    sound = all(0 <= one.points <= one.max_points <= MOST_POINTS for one in report.findings)
    # A graded report with a maximum of zero points is not a score of zero: the grader is broken.
    return report if sound and (report.outcome is Outcome.UNGRADABLE or report.max_points > 0) else None


def is_about(report: Report, *, exercise: str, digest: str, library: str) -> bool:
    """Whether a report is about an exercise. That of a course's library must be about the very version."""
    return report.slug == exercise and (not library or report.digest == digest)
