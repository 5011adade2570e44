"""The page on which learners compare two of their submissions."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from server.accounts.models import User
from server.accounts.requests import Request
from server.gradebook.models import Assignment
from server.gradebook.selectors import get_assignment
from server.submissions.models import Submission
from server.submissions.rendering.diffs import side_by_side


@require_GET
@never_cache
def compare(request: Request, course: str, slug: str) -> HttpResponse:
    """Two attempts side by side, `left` and `right`."""
    assignment = get_assignment(request.user, course, slug)
    left, right = (_own(request.user, assignment, request.GET.get(name, "")) for name in ("left", "right"))
    context = {"assignment": assignment, "left": left, "right": right, "diff": side_by_side(left.source, right.source)}
    return render(request, "submissions/compare.html", context)


def _own(learner: User, assignment: Assignment, pk: str) -> Submission:
    """Return a learner's own submission to an assignment, with its code; Http404 if it is not theirs."""
    try:
        return Submission.objects.defer("report").get(pk=UUID(pk), learner=learner, assignment=assignment)
    except (ValueError, Submission.DoesNotExist):
        raise Http404 from None
