"""What the editor opens with: the draft, the latest submission or the starter."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from server.gradebook.models import Assignment
from server.submissions.models import Submission


class DraftText(Protocol):
    """What this app needs to know of a draft, which belongs to an app above it."""

    source: str
    version: int
    saved_at: datetime
    other: str
    other_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """The text to begin with, and another text that the learner may want instead (`other_at` is None if there is none).

    `version` and `saved_at` are those of the draft, 0 and None without one. `handed_in` is true if the text is what was
    handed in last: then the line numbers of the report fit it.
    """

    source: str
    version: int
    saved_at: datetime | None
    other: str
    other_at: datetime | None
    handed_in: bool


def opening(draft: DraftText | None, assignment: Assignment, latest: Submission | None) -> Opening:
    """Return what the editor opens with: the newer of draft and latest submission, else the starter. No query."""
    handed_in = latest.source if latest else None
    if draft is None:
        source = assignment.content.starter if handed_in is None else handed_in
        other, other_at = "", None
    elif latest is not None and latest.submitted_at > draft.saved_at:
        source, other, other_at = latest.source, draft.source, draft.saved_at
    else:
        source, other, other_at = draft.source, draft.other, draft.other_at
    return Opening(
        source=source,
        version=draft.version if draft else 0,
        saved_at=draft.saved_at if draft else None,
        other=other,
        other_at=None if other == source else other_at,
        handed_in=source == handed_in,
    )
