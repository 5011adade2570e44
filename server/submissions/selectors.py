"""Reading submissions. What a person may not see does not exist for them: Http404."""

from typing import TYPE_CHECKING, TypedDict
from uuid import UUID

from django.db.models import Count, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from server.accounts.models import User
from server.courses.rules import Person
from server.gradebook.models import Assignment
from server.submissions.models import Submission

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class Commented(TypedDict):
    """What a history with comments knows beside."""

    comment_count: int


def get_submission(user: Person, pk: UUID, *, permission: str = "submissions.view", light: bool = False) -> Submission:
    """Return a submission with its course, or raise Http404 where the person lacks the permission.

    A light one comes without code and report.
    """
    rows = Submission.objects.light() if light else Submission.objects.all()
    submission = get_object_or_404(rows.select_related("learner", "assignment__course"), pk=pk)
    if not user.has_perm(permission, submission):
        raise Http404
    return submission


def history(learner: User, assignment: Assignment) -> QuerySet[Submission]:
    """Return what a learner handed in for an assignment, newest first, without code and reports."""
    own = Submission.objects.light().filter(learner=learner, assignment=assignment)
    return own.select_related("assignment__course")


def history_with_comments(learner: User, assignment: Assignment) -> "QuerySet[WithAnnotations[Submission, Commented]]":
    """Return the history with `comment_count`: how many comments teachers left on each."""
    # Grouped rows do not keep the order that the model has.
    return history(learner, assignment).annotate(comment_count=Count("comments")).order_by("-submitted_at", "-id")


def latest(learner: User, assignment: Assignment) -> Submission | None:
    """Return the last that a learner handed in for an assignment, with its code and report."""
    own = Submission.objects.filter(learner=learner, assignment=assignment)
    return own.select_related("learner", "assignment__course").first()
