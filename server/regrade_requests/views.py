"""Asking for a regrade, the inbox of the teachers, and the page of a request with its answer."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from server.accounts.requests import Request
from server.courses.access import require, section_choice, taught_course
from server.courses.visibility import visible_people
from server.regrade_requests import selectors, services
from server.regrade_requests.errors import RequestRefused
from server.regrade_requests.forms import AnswerForm, AskForm
from server.regrade_requests.models import RequestState
from server.regrade_requests.selectors import RequestFilter
from server.submissions.rendering.presentation import result_of
from server.submissions.selectors import get_submission


@require_http_methods(["GET", "POST"])
def ask(request: Request, pk: UUID) -> HttpResponse:
    """Ask for a regrade of one's own submission."""
    submission = get_submission(request.user, pk, permission="submissions.ask_regrade")
    form = AskForm(_sent(request), titles=selectors.check_titles(submission))
    if request.method == "POST" and form.is_valid():
        try:
            services.ask(submission, by=request.user, **form.cleaned_data)
            messages.success(request, "Your request is sent. You get a mail when it is answered.")
            return redirect(f"{submission.get_absolute_url()}#regrade-request")
        except RequestRefused as error:
            form.add_error(None, str(error))
    context = {"submission": submission, "assignment": submission.assignment, "form": form}
    context["refusal"] = "" if form.errors else selectors.refusal(submission)
    return render(request, "regrade_requests/ask.html", context, status=422 if form.errors else 200)


@require_GET
def inbox(request: Request, slug: str) -> HttpResponse:
    """The requests of a course, open ones first shown."""
    course = taught_course(request, slug, permission="regrades.view")
    choice = section_choice(request, course)
    wanted = request.GET.get("which", "")
    which = RequestFilter(wanted) if wanted in set(RequestFilter) else RequestFilter.OPEN
    page = selectors.inbox(choice.people, which, request.GET.get("page", ""))
    context = {"course": course, "tab": "regrades", "choice": choice, "which": which, "page": page}
    return render(request, "regrade_requests/inbox.html", context)


@require_http_methods(["GET", "POST"])
def detail(request: Request, slug: str, pk: int) -> HttpResponse:
    """A request with the result that it is about; instructors answer it here."""
    course = taught_course(request, slug, permission="regrades.view")
    row = get_object_or_404(selectors.requests_of(visible_people(request.user, course)), pk=pk)
    form = AnswerForm(_sent(request))
    if request.method == "POST":
        require(request.user, "grades.override", course)
        if form.is_valid():
            data = form.cleaned_data
            try:
                answered = services.answer(
                    row,
                    by=request.user,
                    decision=RequestState(data["decision"]),
                    text=data["text"],
                    points=data["points"],
                )
                messages.success(request, "Answered. The learner gets a mail.")
                return redirect(answered.regrade or answered)
            except RequestRefused as error:
                form.add_error(None, str(error))
    submission = row.submission
    context = {"course": course, "tab": "regrades", "row": row, "form": form, "submission": submission}
    context |= {"assignment": submission.assignment, "learner": submission.learner}
    context["result"] = result_of(submission, points=submission.assignment.points)
    return render(request, "regrade_requests/detail.html", context, status=422 if form.errors else 200)


def _sent(request: Request) -> QueryDict | None:
    """Return the fields that were sent, even if there are none; None if nothing was sent."""
    return request.POST if request.method == "POST" else None
