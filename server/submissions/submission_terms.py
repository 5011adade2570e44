"""What learners see before they submit: whether they can, how many attempts are left, and the late penalty."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from server.gradebook.rules import LateRule, Refusal, late_share, refusal
from server.submissions.errors import NotNow
from server.submissions.statuses import AssignmentStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class SubmissionTerms:
    """The terms for a learner now. Sentences are empty if they do not apply.

    `refused` says why a submission is refused now, and `wait` for how many seconds if that ends by itself. `left`
    counts the remaining attempts, None if there is no limit. `late_percent` is the late penalty of a submission now.
    """

    refused: str
    wait: int
    left: int | None
    late_rule: str
    late_percent: float


def submission_terms(status: AssignmentStatus, *, now: datetime | None = None) -> SubmissionTerms:
    """Return the terms that a learner sees before submitting."""
    now, terms = now or timezone.now(), status.terms
    why = refusal(terms, now=now, used=status.used, last_at=status.last_at)
    error = None if why is None else NotNow(why, terms, now=now, last_at=status.last_at)
    return SubmissionTerms(
        refused=str(error or ""),
        wait=error.wait if error and why is Refusal.COOLDOWN else 0,
        left=None if terms.attempts is None else max(0, terms.attempts - status.used),
        late_rule=in_words(terms.late) if terms.due_at else "",
        late_percent=100 * late_share(terms, now),
    )


def in_words(rule: LateRule) -> str:
    """Return the late penalty as a sentence; empty if it costs nothing."""
    if not rule.per_day or not rule.cap:
        return ""
    after = f", after {rule.grace // timedelta(minutes=1)} minutes of grace" if rule.grace else ""
    most = f", {rule.cap:.0%} at most" if rule.cap < 1 else ""
    return f"Late work loses {rule.per_day:.0%} of its points for each day begun{most}{after}."
