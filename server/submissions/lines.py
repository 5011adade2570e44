"""The line to look at: a grader's second message about a submission, after its score."""

from secrets import compare_digest
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from grader.protocol.lines import Edit
from grader.protocol.reports import IDENTITY
from server.submissions.live import snapshots
from server.submissions.models import State, Submission

WITH_LINE = (State.GRADED, State.UNGRADABLE)

log = structlog.get_logger(__name__)


@transaction.atomic
def record_line(*, submission: Any, token: Any, report: Any, line: Any, edit: Any = None, **_: Any) -> bool:
    """Save the line of a submission's report and its edit, and show it on open pages; False if the line is refused.

    An `edit` that is not one, or is too large, is left out. Other fields are left to later versions.

    `report` identifies the report that the line belongs to (`grader.protocol.reports.Report.identity`). If another one
    has replaced it since then, or if the submission lost no points, the line is refused. Score and report stay as they
    are.
    """
    known = _uuid(submission)
    row = Submission.objects.select_for_update().filter(pk=known).first() if known else None
    if row is None or not isinstance(token, str) or not compare_digest(row.token.encode(), token.encode()):
        return _refuse(submission, "wrong token")
    if not _can_have(row, line) or not _is_identity_of(report, row.report):
        return _refuse(submission, "another report")
    known_edit = Edit.read(edit)
    row.line, row.edit = line, known_edit.to_dict() if known_edit else None
    row.save(update_fields=["line", "edit"])
    snapshots.announce_after_commit(row)
    return True


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _can_have(row: Submission, line: Any) -> bool:
    """Whether a submission can have this line: it has a report, it lost points, and its code is long enough."""
    lost_points = row.given is None or row.max is None or row.given < row.max
    is_line = type(line) is int and 1 <= line <= row.source.count("\n") + 1
    return row.state in WITH_LINE and lost_points and is_line


def _is_identity_of(identity: Any, report: dict[str, Any] | None) -> bool:
    return report is not None and identity == {name: report.get(name) for name in IDENTITY}


def _refuse(submission: Any, why: str) -> bool:
    log.warning("line_refused", submission=str(submission)[:100], why=why)
    return False
