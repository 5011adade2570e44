"""Opening a level of a hint, saying that it did not help, and the edit at the line to look at."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from server.accounts.models import User
from server.accounts.requests import Request
from server.hints import services
from server.hints.access import edit_for
from server.hints.models import Level
from server.hints.services import LevelView, NotOpen
from server.submissions.models import Submission
from server.submissions.selectors import get_submission

LEVELS = {str(level.value): level for level in Level}
NOT_OPEN = "This hint is not open to you now. Reload the page to see which are."


@require_GET
@never_cache
def edit(request: Request, pk: UUID) -> HttpResponse:
    """The edit at the line to look at, for a page on which the line came later; 404 if it is closed."""
    submission = get_submission(request.user, pk)
    shown = edit_for(request.user, submission)
    if shown is None:
        raise Http404
    return render(request, "hints/_edit.html", {"edit": shown})


@require_POST
def open_level(request: Request, pk: UUID) -> HttpResponse:
    """Show a level of a hint, and record that the learner opened it."""
    return _answer(request, pk, services.open_level)


@require_POST
def did_not_help(request: Request, pk: UUID) -> HttpResponse:
    """Record that a level of a hint did not help."""
    return _answer(request, pk, services.did_not_help)


def _answer(request: Request, pk: UUID, act: Callable[[User, Submission, str, Level], LevelView]) -> HttpResponse:
    submission = get_submission(request.user, pk, permission="submissions.use_hints")
    level = LEVELS.get(request.POST.get("level", ""))
    try:
        if level is None:
            raise NotOpen
        shown = act(request.user, submission, request.POST.get("check", ""), level)
    except NotOpen:
        if request.htmx:
            return HttpResponse(NOT_OPEN, status=409, content_type="text/plain; charset=utf-8")
        messages.error(request, NOT_OPEN)
        return redirect(submission)
    if not request.htmx:
        return redirect(submission)
    return render(request, "hints/_level.html", {"one": shown, "submission": submission})
