"""Takes the results that are held back out of submissions, before anything shows them to a learner.

A learner sees neither score, report, line and pictures, nor when and how the grading ended. Two things stay visible:
that code did not load or that we failed, because both use no attempt; and test runs, which show the public cases only.
Practice is graded like an attempt, so the same code would show what is held back: its results are held back, too.
"""

from collections.abc import Iterable

from server.courses.roles import Person
from server.gradebook.held_results import hides_results
from server.submissions.models import OPEN, Kind, State, Submission

# The states in which nothing is told from each other. The others say why a submission uses no attempt.
ALIKE = OPEN | {State.GRADED}


def mask(submission: Submission, reader: Person) -> Submission:
    """Return the submission without what is held back from its reader. It is changed in memory, and cannot be saved.

    `is_held` is then set, and `state` is `queued` for everything that waits, runs or was graded.
    """
    is_result = submission.kind != Kind.TEST_RUN and submission.state != State.CANCELLED
    if is_result and not submission.is_held and hides_results(reader, submission.assignment):
        submission.is_held = True
        submission.report = submission.given = submission.max = submission.finished_at = None
        submission.line = submission.edit = None
        submission.state = State.QUEUED if submission.state in ALIKE else submission.state
    return submission


def masked(submissions: Iterable[Submission], reader: Person) -> list[Submission]:
    """Return submissions without what is held back from their reader."""
    return [mask(submission, reader) for submission in submissions]
