"""What the editor opens with."""

from dataclasses import dataclass
from datetime import datetime

from server.accounts.models import User
from server.drafts.models import Draft
from server.gradebook.models import Assignment
from server.submissions.models import Submission


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """The text to begin with, and another that the learner may want instead; `other_at` is None where there is none.

    `version` and `saved_at` are those of the draft, 0 and None where there is none. `handed_in` says that the text is
    what was handed in last, so that what the report says of its lines holds.
    """

    source: str
    version: int
    saved_at: datetime | None
    other: str
    other_at: datetime | None
    handed_in: bool


def opening(learner: User, assignment: Assignment, latest: Submission | None) -> Opening:
    """Return what the editor opens with: the newer of draft and latest submission, else the starter. One query."""
    draft = Draft.objects.filter(learner=learner, assignment=assignment).first()
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
