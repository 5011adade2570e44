"""What learners see before they submit: whether they can, how many attempts are left, and the late penalty."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from server.common.local_times import days_after
from server.common.local_times import in_words as moment_in_words
from server.gradebook.rules import LateRule, Refusal, Terms, is_closed, late_share, refusal
from server.submissions.errors import NotNow
from server.submissions.statuses import AssignmentStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class SubmissionTerms:
    """The terms for a learner now. Sentences are empty if they do not apply.

    `refused` says why a submission is refused now, and `wait` for how many seconds if that ends by itself. `left`
    counts the remaining attempts, None if there is no limit. `late_percent` is the late penalty of a submission now,
    without further slip days. `practises` says if it would not count, because the exercise is closed.
    """

    refused: str
    wait: int
    left: int | None
    late_rule: str
    late_percent: float
    practises: bool


def submission_terms(status: AssignmentStatus, *, now: datetime | None = None) -> SubmissionTerms:
    """Return the terms that a learner sees before submitting."""
    now, terms = now or timezone.now(), status.terms
    why = refusal(terms, now=now, used=status.used, last_at=status.last_at)
    error = None if why is None else NotNow(why, terms, now=now, last_at=status.last_at)
    return SubmissionTerms(
        refused=str(error or ""),
        wait=error.wait if error and why is Refusal.COOLDOWN else 0,
        left=None if terms.attempts is None else max(0, terms.attempts - status.used),
        late_rule=late_rule(terms),
        late_percent=100 * late_share(terms, now),
        practises=not error and is_closed(terms, now),
    )


def late_rule(terms: Terms) -> str:
    """Return the late penalty as sentences, with the end of the first late day; empty if lateness costs nothing."""
    words = in_words(terms.late)
    if terms.due_at is None or not words:
        return ""
    end = days_after(terms.due_at + terms.late.grace, 1, terms.zone)
    return f"{words} Until {moment_in_words(end)} that is one day."


def in_words(rule: LateRule) -> str:
    """Return the late penalty as a sentence; empty if it costs nothing."""
    if not rule.per_day or not rule.cap:
        return ""
    minutes = rule.grace // timedelta(minutes=1)
    after = f", after {minutes} minute{'' if minutes == 1 else 's'} of grace" if minutes else ""
    most = f", {_percent(rule.cap)} at most" if rule.cap < 1 else ""
    return f"Late work loses {_percent(rule.per_day)} of its points for each day begun{most}{after}."


def _percent(share: float) -> str:
    """Return a share exactly: 12.5% does not become 12%."""
    return f"{100 * share:.10g}%"
