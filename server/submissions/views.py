"""The exercise page, and the pages of a submission."""

from collections.abc import AsyncIterator
from uuid import UUID

from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from grader.errors import PackageError
from server.accounts.models import User
from server.accounts.requests import Request
from server.gradebook.models import Assignment
from server.gradebook.selectors import get_assignment, grade_in, is_hidden, more_time_of
from server.gradebook.slip_days import pools
from server.packages.content import lessons_about
from server.submissions import selectors, services
from server.submissions.errors import ExerciseUnreadable, StillWaiting, SubmissionRefused, TooManyFiles, TooManyOpen
from server.submissions.forms import SubmissionForm
from server.submissions.live import snapshots
from server.submissions.masking import mask
from server.submissions.models import Kind, State, Submission
from server.submissions.opening import opening
from server.submissions.queue import worker_presence
from server.submissions.rendering.figures import find_figure
from server.submissions.rendering.presentation import result_of
from server.submissions.statuses import AssignmentStatus, next_exercise, status_of
from server.submissions.submission_terms import submission_terms
from server.submissions.uploads import check_uploads

FILE_NAMES = {Kind.SUBMIT: "", Kind.TEST_RUN: "-test-run", Kind.PRACTICE: "-practice"}


@require_GET
def exercise(request: Request, course: str, slug: str) -> HttpResponse:
    """The page of an exercise: statement, editor, latest result; `?starter` shows the starter again."""
    assignment = get_assignment(request.user, course, slug)
    if is_hidden(assignment, request.user):
        return _not_open(request, assignment)
    try:
        context = _exercise(request, assignment)
    except PackageError:
        return _unreadable(request, assignment)
    if "starter" in request.GET:
        context["source"] = context["starter"]
    return render(request, "submissions/exercise.html", context)


@require_http_methods(["GET", "POST"])
def submit(request: Request, course: str, slug: str) -> HttpResponse:
    """Accept an attempt. A refusal is shown beside the editor, which keeps the code. GET leads to the exercise."""
    return _take_in(request, course, slug, Kind.SUBMIT)


@require_http_methods(["GET", "POST"])
def test_run(request: Request, course: str, slug: str) -> HttpResponse:
    """Accept code for a test run on the public cases, which counts for nothing."""
    return _take_in(request, course, slug, Kind.TEST_RUN)


@require_POST
def read_file(request: Request, course: str, slug: str) -> JsonResponse:
    """Return the source in a file, for the editor: {"source"}, or 422 with {"complaint"}. Nothing is stored."""
    get_assignment(request.user, course, slug, permission="submissions.submit")
    form = _form(request)
    if not form.is_valid():
        return JsonResponse({"complaint": form.complaint}, status=422)
    try:
        services.check_storable(form.cleaned_data["source"])
    except SubmissionRefused as error:
        return JsonResponse({"complaint": str(error)}, status=422)
    return JsonResponse({"source": form.cleaned_data["source"]})


def _form(request: Request) -> SubmissionForm:
    """Return the form with what was sent; with a complaint instead if the learner uploads too many files."""
    try:
        if request.FILES:
            check_uploads(request.user)
    except TooManyFiles as error:
        refused = SubmissionForm({})
        refused.add_error(None, str(error))
        return refused
    return SubmissionForm(request.POST, request.FILES)


def _take_in(request: Request, course: str, slug: str, kind: Kind) -> HttpResponse:
    if request.method == "GET":
        return redirect(get_assignment(request.user, course, slug))
    assignment = get_assignment(request.user, course, slug, permission="submissions.submit")
    form = _form(request)
    if not form.is_valid():
        return _refused(request, assignment, form.complaint)
    try:
        source = form.cleaned_data["source"]
        accepted = services.hand_in(learner=request.user, assignment=assignment, source=source, kind=kind, once=True)
    except StillWaiting as error:
        # The learner pressed the button again: the first answer was lost or slow.
        submission = selectors.get_submission(request.user, error.pk)
        return _state(request, submission) if request.htmx else redirect(submission)
    except TooManyOpen as error:
        response = _refused(request, assignment, str(error), status=429)
        response["Retry-After"] = error.wait
        return response
    except SubmissionRefused as error:
        return _refused(request, assignment, str(error))
    submission = mask(accepted.submission, request.user)
    return _state(request, submission, accepted) if request.htmx else redirect(submission)


@require_GET
def history(request: Request, course: str, slug: str) -> HttpResponse:
    """The learner's submissions to an exercise."""
    assignment = get_assignment(request.user, course, slug)
    submissions = selectors.history_with_comments(request.user, assignment)
    any_comments = any(submission.comment_count for submission in submissions)
    context = {"assignment": assignment, "submissions": submissions, "any_comments": any_comments}
    return render(request, "submissions/history.html", context)


@require_GET
@never_cache
def detail(request: Request, pk: UUID) -> HttpResponse:
    """A submission's own page: its state or result, and its code."""
    submission = selectors.get_submission(request.user, pk)
    return render(request, "submissions/detail.html", _result(submission))


@require_GET
@never_cache
def result(request: Request, pk: UUID) -> HttpResponse:
    """The part of a page that shows a submission's state or result."""
    return _state(request, selectors.get_submission(request.user, pk))


@require_GET
@never_cache
def state(request: Request, pk: UUID) -> JsonResponse:
    """The present state as JSON: for browsers that cannot keep the stream open."""
    submission = selectors.get_submission(request.user, pk, light=True)
    return JsonResponse(snapshots.snapshot(submission).to_dict())


@require_GET
def events(request: Request, pk: UUID) -> StreamingHttpResponse:
    """The stream of a submission's states as server-sent events, until it is finished. The event loop sends it."""
    submission = selectors.get_submission(request.user, pk, light=True)
    body: AsyncIterator[str] = snapshots.stream(submission, reader=request.user)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(body, content_type="text/event-stream", headers=headers)


@require_POST
def cancel(request: Request, pk: UUID) -> HttpResponse:
    """Withdraw a submission; if its report came first, the report stays.

    With `free`, the page said that this uses no attempt. If a case was put since then, the learner must decide again.
    While results are held back, nothing is withdrawn: the answer would say if the grading is over.
    """
    submission = selectors.get_submission(request.user, pk, permission="submissions.cancel")
    if submission.is_held:
        return _state(request, submission) if request.htmx else redirect(submission)
    promise_is_stale = "free" in request.POST and snapshots.snapshot(submission).cancel_uses_attempt
    if not promise_is_stale:
        services.cancel(submission)
        submission = selectors.get_submission(request.user, pk)
    if not request.htmx:
        return redirect(submission)
    return _state(request, submission, promise_is_stale=promise_is_stale)


@require_GET
def download(request: Request, pk: UUID) -> HttpResponse:
    """The code of a submission, as a file."""
    submission = selectors.get_submission(request.user, pk)
    kind = FILE_NAMES[Kind(submission.kind)]
    name = f"{submission.assignment.slug.replace('/', '-')}{kind}-{submission.number}.py"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(submission.source, content_type="text/x-python; charset=utf-8", headers=headers)


@require_GET
def figure(request: Request, pk: UUID, name: str) -> HttpResponse:
    """A figure that the learner's code drew. Its name is a hash of its bytes, so a browser can cache it."""
    submission = selectors.get_submission(request.user, pk)
    found = find_figure((submission.report or {}).get("exhibits", ()), name)
    if found is None:
        raise Http404
    headers = {"Cache-Control": "private, max-age=86400, immutable", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(found.png, content_type="image/png", headers=headers)


def _state(
    request: Request, submission: Submission, accepted: services.Accepted | None = None, **more: object
) -> HttpResponse:
    """The state or result; for the exercise page, also the status of the assignment.

    `accepted` is what was read when the submission was handed in, if that was just now.
    """
    context = _result(submission, accepted) | more
    # The page of a submission has no place for the status.
    if request.htmx and request.htmx.current_url_abs_path != submission.get_absolute_url():
        learner, assignment = submission.learner, submission.assignment
        if accepted is None:
            status = _own_status(learner, assignment, reader=request.user)
        else:
            known = (accepted.history, accepted.grade, accepted.more)
            status = status_of(assignment, learner, *known, reader=request.user)
        context |= _status(status) | {"out_of_band": True, "in_editor": True, "older": False}
        context["next_exercise"] = _next(submission)
    return render(request, "submissions/_state.html", context)


def _result(submission: Submission, accepted: services.Accepted | None = None) -> dict[str, object]:
    now = snapshots.snapshot(submission, {}, sent=accepted.sent) if accepted else snapshots.snapshot(submission)
    return {
        "submission": submission,
        "assignment": submission.assignment,
        "snapshot": now,
        "losses": snapshots.kept_losses(submission),
        "result": result_of(submission, points=submission.assignment.points),
    }


def _next(submission: Submission) -> Assignment | None:
    """Return what a learner can go on with after a pass: the next exercise of the course that they have not passed."""
    if submission.kind != Kind.SUBMIT or submission.state != State.GRADED or submission.fraction < 1:
        return None
    return next_exercise(submission.learner, submission.assignment)


def _exercise(request: Request, assignment: Assignment) -> dict[str, object]:
    user = request.user
    latest = selectors.latest(user, assignment)
    begin = opening(user.drafts.filter(assignment=assignment).first(), assignment, latest)
    return {
        "assignment": assignment,
        "exercise": assignment.content_for(user.pk),
        "opening": begin,
        "source": begin.source,
        "starter": assignment.content.starter,
        "missing": worker_presence.missing(assignment.content.runtime),
        "lessons": lessons_about(assignment.course, assignment.exercise, library=assignment.library),
        "in_editor": True,
        "older": not begin.handed_in,
        "next_exercise": _next(latest) if latest else None,
        **_status(_own_status(user, assignment)),
    } | (_result(latest) if latest else {})


def _unreadable(request: Request, assignment: Assignment) -> HttpResponse:
    """The page of an exercise whose package is broken: what was handed in can still be read."""
    mine = list(selectors.history(request.user, assignment, reader=request.user))
    context = {"assignment": assignment, "submissions": mine, "complaint": ExerciseUnreadable.SENTENCE}
    return render(request, "submissions/unreadable.html", context, status=503)


def _own_status(user: User, assignment: Assignment, *, reader: User | None = None) -> AssignmentStatus:
    reader = reader or user
    earlier = selectors.history(user, assignment, reader=reader)
    more = more_time_of(assignment.course, user)
    return status_of(assignment, user, earlier, grade_in(assignment, user), more, reader=reader)


def _not_open(request: Request, assignment: Assignment, *, status: int = 200) -> HttpResponse:
    """The page of an exercise that is not open yet: its title and terms, without statement and starter."""
    mine = list(selectors.history(request.user, assignment, reader=request.user))
    context = {"assignment": assignment, "submissions": mine, **_status(_own_status(request.user, assignment))}
    return render(request, "submissions/not_open.html", context, status=status)


def _status(status: AssignmentStatus) -> dict[str, object]:
    learner, course = status.learner, status.assignment.course
    slip_days = pools(course, [learner.pk], reader=learner)[learner.pk]
    return {"status": status, "submission_terms": submission_terms(status), "slip_days": slip_days}


def _refused(request: Request, assignment: Assignment, complaint: str, *, status: int = 422) -> HttpResponse:
    if request.htmx:
        return render(request, "submissions/_refused.html", {"complaint": complaint}, status=status)
    if is_hidden(assignment, request.user):
        return _not_open(request, assignment, status=status)
    try:
        context = _exercise(request, assignment) | {"complaint": complaint}
    except PackageError:
        return _unreadable(request, assignment)
    context["source"] = request.POST.get("source", context["source"])
    return render(request, "submissions/exercise.html", context, status=status)
