"""Why a submission is not taken in or not moved, and whose turn it is.

SubmissionError
├── Refused             the learner acts: waits, shortens the file, or is done
│   ├── NotNow          the assignment's terms forbid it now
│   ├── TooManyChecks   checks are free, but not endless
│   └── Unstorable      no text that we can keep
├── StillWaiting        nobody acts: it was taken in a moment ago
└── IllegalMove         a bug of ours: a state that cannot follow on the present one
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone

from server.gradebook.rules import Refusal, Terms

if TYPE_CHECKING:
    from server.submissions.models import Submission


class SubmissionError(Exception):
    """Nothing was changed."""


class Refused(SubmissionError):
    """The submission was not taken in, and no attempt was used; the text is for the learner."""


class NotNow(Refused):
    """The terms of the assignment forbid a submission at this moment."""

    SENTENCES = {
        Refusal.NOT_OPEN: "This exercise opens on {opens_at:%d %B %Y at %H:%M %Z}.",
        Refusal.CLOSED: "This exercise closed on {closes_at:%d %B %Y at %H:%M %Z}.",
        Refusal.NO_ATTEMPTS: "All {terms.attempts} attempts are used.",
        Refusal.COOLDOWN: "Please wait another {wait} seconds before the next attempt.",
    }

    def __init__(self, refusal: Refusal, terms: Terms, *, now: datetime, last_at: datetime | None) -> None:
        self.refusal = refusal
        self.wait = 1 + int((last_at + terms.cooldown - now).total_seconds()) if last_at else 0
        moments = {"opens_at": terms.opens_at, "closes_at": terms.closes_at}
        local = {name: timezone.localtime(moment) for name, moment in moments.items() if moment}
        super().__init__(self.SENTENCES[refusal].format(terms=terms, wait=self.wait, **local))


class TooManyChecks(Refused):
    """The learner checked as often as one may in a minute; `wait` is in seconds."""

    def __init__(self, *, limit: int, wait: int) -> None:
        self.wait = wait
        super().__init__(f"At most {limit} checks a minute: please wait another {wait} seconds.")


class Unstorable(Refused):
    """The source is too large, no UTF-8 text, or not to be found in what was handed in."""


class StillWaiting(SubmissionError):
    """The same code was taken in before, as `submission`, and still waits for its report."""

    def __init__(self, submission: "Submission") -> None:
        super().__init__(f"submission {submission.pk} waits already")
        self.submission = submission


class IllegalMove(SubmissionError):
    """A submission cannot go from its state to that one."""
