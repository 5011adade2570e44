"""What a learner should know before the click: may they submit now, how often still, and what lateness would cost."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from server.gradebook.rules import LateRule, Refusal, late_share, refusal
from server.submissions.errors import NotNow
from server.submissions.statuses import AssignmentStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class SubmissionTerms:
    """In words, where it is about words; empty where there is nothing to say.

    `refused` is why a submission would be turned down now, `wait` for how many seconds where that passes by itself;
    `left` counts the attempts, None where there is no limit; `late_percent` would be taken off now.
    """

    refused: str
    wait: int
    left: int | None
    late_rule: str
    late_percent: float


def submission_terms(status: AssignmentStatus, *, now: datetime | None = None) -> SubmissionTerms:
    """Return what to tell a learner before they submit."""
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
    """Return what lateness costs as a sentence; empty where it costs nothing."""
    if not rule.per_day or not rule.cap:
        return ""
    after = f", after {rule.grace // timedelta(minutes=1)} minutes of grace" if rule.grace else ""
    most = f", {rule.cap:.0%} at most" if rule.cap < 1 else ""
    return f"Late work loses {rule.per_day:.0%} of its points for each day begun{most}{after}."
