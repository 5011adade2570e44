"""Why a submission is not accepted or not changed, and who must act.

SubmissionError
├── SubmissionRefused      the learner: waits, shortens the file, or is done
│   ├── NotNow             the assignment's terms forbid a submission now
│   ├── TooManyOpen        as many submissions as is allowed still wait for their results
│   ├── TooManyFiles       the number of uploaded files per minute is limited
│   ├── TooManyTestRuns    test runs use no attempt, but their number per minute is limited
│   ├── CourseEnded        the course is archived
│   ├── ExerciseUnreadable the package of the exercise is broken: its author acts
│   ├── Unstorable         the source is not text that can be stored
│   └── AccountMerged      the account became a part of another a moment ago
├── StillWaiting           nobody: the same code was accepted a moment ago
└── IllegalMove            a bug: a state that cannot follow the present one
"""

from datetime import datetime
from uuid import UUID

from server.common.local_times import in_words
from server.gradebook.rules import Refusal, Terms


class SubmissionError(Exception):
    """Nothing was changed."""


class SubmissionRefused(SubmissionError):
    """The submission was not accepted, and no attempt was used; the text is for the learner."""


class NotNow(SubmissionRefused):
    """The terms of the assignment forbid a submission at this moment."""

    SENTENCES = {
        Refusal.NOT_OPEN: "This exercise opens on {opens_at}.",
        Refusal.CLOSED: "This exercise closed on {closes_at}.",
        Refusal.NO_ATTEMPTS: "All {terms.attempts} attempts are used.",
        Refusal.COOLDOWN: "Please wait another {wait} seconds before the next attempt.",
    }

    def __init__(self, refusal: Refusal, terms: Terms, *, now: datetime, last_at: datetime | None) -> None:
        self.refusal = refusal
        self.wait = 1 + int((last_at + terms.cooldown - now).total_seconds()) if last_at else 0
        moments = {"opens_at": terms.opens_at, "closes_at": terms.closes_at}
        local = {name: in_words(moment) for name, moment in moments.items() if moment}
        super().__init__(self.SENTENCES[refusal].format(terms=terms, wait=self.wait, **local))


class ExerciseUnreadable(SubmissionRefused):
    """The package of the exercise is broken."""

    SENTENCE = "This exercise cannot be read at the moment. Tell your instructor: its files must be repaired."

    def __init__(self) -> None:
        super().__init__(self.SENTENCE)


class TooManyOpen(SubmissionRefused):
    """The learner has as many open submissions as is allowed; after `wait` seconds, one can be over."""

    def __init__(self, limit: int) -> None:
        self.wait = 5
        super().__init__(
            f"{limit} of your submissions still wait for their results, and no more are allowed at a time. "
            "Wait until one of them is done, or cancel one, then try again."
        )


class TooManyFiles(SubmissionRefused):
    """The learner uploaded too many files within a minute."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"You uploaded {limit} files within a minute. Please wait a minute, then try again.")


class TooManyTestRuns(SubmissionRefused):
    """The learner used all test runs of this minute; `wait` is in seconds."""

    def __init__(self, *, limit: int, wait: int) -> None:
        self.wait = wait
        super().__init__(f"At most {limit} test runs a minute: please wait another {wait} seconds.")


class CourseEnded(SubmissionRefused):
    """The course is archived: nothing can be handed in any more."""


class Unstorable(SubmissionRefused):
    """The source is too large, not UTF-8 text, or not found in the uploaded file."""


class AccountMerged(SubmissionRefused):
    """The account was merged into another one while this request was under way."""

    def __init__(self) -> None:
        super().__init__("This account was merged into your other account. Sign in again with that one.")


class StillWaiting(SubmissionError):
    """The same code was accepted before, as the submission `pk`, and still waits for its report."""

    def __init__(self, pk: UUID) -> None:
        super().__init__(f"submission {pk} still waits")
        self.pk = pk


class IllegalMove(SubmissionError):
    """A submission cannot go from its state to that one."""
