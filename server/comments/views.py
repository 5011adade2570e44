"""Comments of a submission's page, and the teachers' inbox.

htmx gets the part of the page that changes: the form while it is written, all comments once one was saved. Without
scripts, the form has a page of its own.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from server.accounts.requests import Request
from server.comments import selectors, services
from server.comments.forms import CommentForm
from server.comments.models import Comment
from server.comments.rendering import comment_html
from server.comments.sections import comments_section, place_of
from server.comments.selectors import InboxFilter
from server.comments.services import CommentRejected
from server.common.per_minute import is_within_limit
from server.courses.access import section_choice, taught_course
from server.courses.selectors import check_permission
from server.courses.visibility import visible_people
from server.submissions.models import Submission
from server.submissions.selectors import get_submission

PREVIEWS_PER_MINUTE = 60


@require_http_methods(["GET", "POST"])
def write(request: Request, pk: UUID) -> HttpResponse:
    """Comment on a submission, or see the preview of a comment. GET shows the comments."""
    needed = "submissions.view" if request.method == "GET" else "submissions.discuss"
    submission = get_submission(request.user, pk, permission=needed)
    if request.method == "GET":
        return _comments(request, submission)
    form = CommentForm(request.POST)
    if not form.is_valid() or "preview" in request.POST:
        return _form(request, submission, form)
    text = form.cleaned_data["text"]
    try:
        services.comment(submission, author=request.user, text=text, lines=form.lines)
        if request.POST.get("save") and request.user.has_perm("submissions.comment", submission.course):
            services.keep(submission.course, by=request.user, text=text)
    except CommentRejected as error:
        form.add_error(None, str(error))
        return _form(request, submission, form)
    return _comments(request, submission, saved="Your comment is saved.")


@require_http_methods(["GET", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    """Change the text of one's own comment."""
    row = _own(request, pk)
    if request.method == "GET":
        return _form(request, row.submission, CommentForm({"text": row.text, "key": f"edit-{row.pk}"}), row)
    form = CommentForm(request.POST)
    if not form.is_valid() or "preview" in request.POST:
        return _form(request, row.submission, form, row)
    try:
        services.edit(row, text=form.cleaned_data["text"])
    except CommentRejected as error:
        form.add_error(None, str(error))
        return _form(request, row.submission, form, row)
    return _comments(request, row.submission, saved="Your comment is changed.")


@require_POST
def delete(request: Request, pk: int) -> HttpResponse:
    """Delete one's own comment; instructors can delete every comment of their course."""
    row = selectors.get_comment(request.user, pk, permission="submissions.discuss")
    if row.author_id != request.user.pk:
        check_permission(request.user, "courses.change", row.submission)
    try:
        services.delete(row, by=request.user)
    except CommentRejected as error:
        return _comments(request, row.submission, saved=str(error))
    return _comments(request, row.submission, saved="The comment is deleted.")


def _own(request: Request, pk: int) -> Comment:
    row = selectors.get_comment(request.user, pk, permission="submissions.discuss")
    if row.author_id != request.user.pk:
        raise Http404
    return row


def _comments(request: Request, submission: Submission, *, saved: str = "") -> HttpResponse:
    """All comments for htmx, which must replace the section with them; otherwise a redirect to the page."""
    if not request.htmx:
        if saved:
            messages.success(request, saved)
        return redirect(f"{place_of(request.user, submission)}#comments")
    context = comments_section(request.user, submission) | {"saved": saved}
    response = render(request, "comments/_comments.html", context)
    response["HX-Retarget"], response["HX-Reswap"] = "#comments", "outerHTML"
    return response


def _form(request: Request, submission: Submission, form: CommentForm, comment: Comment | None = None) -> HttpResponse:
    """The form as it was sent, with a preview or with what is wrong."""
    complaint = form.complaint
    context: dict[str, Any] = _fields(request, form) | {"submission": submission, "comment": comment}
    if request.method == "POST" and not complaint:
        if is_within_limit("comment-preview", str(request.user.pk), PREVIEWS_PER_MINUTE):
            context["preview"] = comment_html(form.cleaned_data["text"])
        else:
            complaint = f"You asked for {PREVIEWS_PER_MINUTE} previews within a minute. Wait a moment."
    context |= {"complaint": complaint, "place": place_of(request.user, submission)}
    context |= {
        "assignment": submission.assignment,
        "teaches": request.user.has_perm("submissions.comment", submission),
    }
    template = "comments/_form.html" if request.htmx else "comments/write.html"
    return render(request, template, context, status=422 if complaint else 200)


def _fields(request: Request, form: CommentForm) -> dict[str, Any]:
    form.is_valid()
    key = form.cleaned_data.get("key") or "new"
    lines = {name: form.data.get(name, "") for name in ("first_line", "last_line")}
    return {"key": key, "text": form.data.get("text", ""), "lines": lines, "open": True}


@require_GET
def inbox(request: Request, slug: str) -> HttpResponse:
    """The threads of a course, for its teachers: with answers that the teacher did not read, without an answer, all."""
    course = taught_course(request, slug)
    choice = section_choice(request, course)
    wanted = request.GET.get("which", "")
    which = InboxFilter(wanted) if wanted in set(InboxFilter) else InboxFilter.UNREAD
    page = selectors.inbox(request.user, choice.people, which, request.GET.get("page", ""))
    context = {"course": course, "tab": "comments", "choice": choice, "which": which, "page": page}
    return render(request, "comments/inbox.html", context)


@require_POST
def read_all(request: Request, slug: str) -> HttpResponse:
    """Mark every answer as read."""
    course = taught_course(request, slug)
    unread = selectors.unread_answers(request.user, visible_people(request.user, course))
    services.mark_read(unread.only("pk"), request.user)
    messages.success(request, "All comments are marked as read.")
    return redirect("comments:inbox", course.slug)


@require_http_methods(["GET", "POST"])
def saved(request: Request, slug: str) -> HttpResponse:
    """The texts that a course keeps for reuse; POST adds one."""
    course = taught_course(request, slug, permission="submissions.comment")
    context: dict[str, Any] = {"course": course, "tab": "comments"}
    if request.method == "POST":
        try:
            services.keep(course, by=request.user, text=request.POST.get("text", ""))
            return redirect("comments:saved", course.slug)
        except CommentRejected as error:
            context |= {"complaint": str(error), "text": request.POST.get("text", "")}
    context["rows"] = [(one, comment_html(one.text)) for one in course.saved_comments.all()]
    return render(request, "comments/saved.html", context, status=422 if "complaint" in context else 200)


@require_POST
def forget(request: Request, slug: str, pk: int) -> HttpResponse:
    """Delete a saved text."""
    course = taught_course(request, slug, permission="submissions.comment")
    if not services.forget(course, pk):
        raise Http404
    return redirect(reverse("comments:saved", args=[course.slug]))
