"""Reading submissions. Http404 if a person lacks the permission, as if the submission did not exist."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypedDict
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404

from server.accounts.models import User
from server.courses.roles import Person
from server.courses.selectors import check_permission
from server.gradebook.held_results import hides_results
from server.gradebook.models import Assignment
from server.submissions.masking import mask, masked
from server.submissions.models import Submission

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class Commented(TypedDict):
    """What a history with comments has in addition."""

    comment_count: int


def get_submission(user: Person, pk: UUID, *, permission: str = "submissions.view", light: bool = False) -> Submission:
    """Return a submission with its course. Raises the errors of `check_permission`.

    With `light`, code and report are not loaded. What is held back from the person is not in it.
    """
    rows = Submission.objects.light() if light else Submission.objects.all()
    submission = get_object_or_404(rows.select_related("learner", "assignment__course"), pk=pk)
    check_permission(user, permission, submission)
    return mask(submission, user)


def history(learner: User, assignment: Assignment, *, reader: Person) -> list[Submission]:
    """Return what a learner handed in for an assignment, newest first, without code and reports."""
    return masked(_with_their_own(_history(learner, assignment), learner, assignment), reader)


def _history(learner: User, assignment: Assignment) -> QuerySet[Submission]:
    return Submission.objects.light().filter(learner=learner, assignment=assignment)


def _with_their_own(rows: Iterable[Submission], learner: User, assignment: Assignment) -> Iterator[Submission]:
    """Yield submissions with the learner and the assignment that were read already: a join would read them again."""
    for row in rows:
        row.learner, row.assignment = learner, assignment
        yield row


def history_with_comments(learner: User, assignment: Assignment) -> "list[WithAnnotations[Submission, Commented]]":
    """Return the learner's own history with `comment_count`: how many comments the learner sees on each."""
    seen = Q(comments__deleted_at=None)
    if hides_results(learner, assignment):
        seen &= Q(comments__author=learner)
    # A query with GROUP BY loses the default order of the model.
    rows = _history(learner, assignment).annotate(comment_count=Count("comments", filter=seen))
    ordered = rows.order_by("-submitted_at", "-id")
    return masked(_with_their_own(ordered, learner, assignment), learner)  # type: ignore[return-value]


def latest(learner: User, assignment: Assignment) -> Submission | None:
    """Return a learner's own latest submission to an assignment, with its code and report."""
    found = Submission.objects.filter(learner=learner, assignment=assignment)[:1]
    return next((mask(one, learner) for one in _with_their_own(found, learner, assignment)), None)
