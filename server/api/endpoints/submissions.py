"""Submissions: hand in, follow, cancel, read the report."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Body, Query, Router

from server.api import selectors, submitting
from server.api.admission import BearerToken
from server.api.endpoints.parameters import CourseFilter, IfNoneMatch, Key, Prefer, Since, Text, UuidPage
from server.api.idempotency import once
from server.api.models import TokenScope
from server.api.presentation import ROOT, show_new, show_report, show_submission, show_submissions
from server.api.problems import Code, Problem
from server.api.responses import respond, respond_page
from server.api.schemas import Id, NewSubmission, Page, ReportOut, ShownState, SourceOut, SubmissionOut
from server.api.waiting import Wait, asked_for
from server.hints.access import access_for
from server.submissions import services
from server.submissions.masking import mask, masked
from server.submissions.models import State

router = Router(tags=["Submissions"])
POLL_AFTER = "1"


@router.post(
    "/submissions",
    response={202: SubmissionOut, 201: SubmissionOut},
    auth=BearerToken(TokenScope.SUBMISSIONS_WRITE),
    operation_id="create_submission",
)
def create_submission(request: Any, body: Body[NewSubmission], key: Key = None, prefer: Prefer = None) -> HttpResponse:
    """Hand in code for a learner. Answers at once (202) with the address of the submission."""

    def work() -> HttpResponse:
        row = submitting.hand_in(request.auth, body)
        row = mask(row, request.auth.person)
        response = respond(show_new(row, body.external_ref), status=202)
        response["Location"] = request.build_absolute_uri(f"{ROOT}/submissions/{row.pk}")
        response["Retry-After"] = POLL_AFTER
        seconds = asked_for(prefer)
        if seconds and not row.is_held:
            response.wait = Wait(submission=row, seconds=seconds, reader=request.auth.person)  # type: ignore[attr-defined]
        return response

    return once(request, key, work, check=lambda: submitting.find(request.auth, body))


@router.post(
    "/submissions/{submission}/cancel",
    response=SubmissionOut,
    auth=BearerToken(TokenScope.SUBMISSIONS_WRITE),
    operation_id="cancel_submission",
)
def cancel_submission(request: Any, submission: UUID, key: Key = None) -> HttpResponse:
    """Withdraw a submission that still waits or runs, and stop its run.

    Until a case was put to the code, this uses no attempt; from then on it uses one. `uses_attempt` says which, or is
    null until the grader has answered, about a second later.
    """

    def work() -> HttpResponse:
        row = selectors.get_submission(request.auth, submission)
        if row.is_held:
            raise Problem(Code.ALREADY_OVER, "It was received. While results are held back, it cannot be withdrawn.")
        if not services.cancel(row):
            raise Problem(Code.ALREADY_OVER, "It is over already, so it cannot be cancelled.")
        return respond(show_submission(selectors.get_submission(request.auth, submission)))

    return once(request, key, work, check=lambda: selectors.get_submission(request.auth, submission))


class SubmissionFilter(UuidPage, CourseFilter, Since):
    """The filters for submissions."""

    assignment: Id | None = None
    user: Id | None = None
    external_id: Text | None = None
    external_ref: Text | None = None
    state: ShownState | None = None


def given(**wanted: Any) -> dict[str, Any]:
    """Return the filters that are set."""
    return {name: value for name, value in wanted.items() if value is not None}


@router.get(
    "/submissions",
    response=Page[SubmissionOut],
    auth=BearerToken(TokenScope.SUBMISSIONS_READ),
    operation_id="list_submissions",
)
def list_submissions(request: Any, page: Query[SubmissionFilter]) -> HttpResponse:
    """Submissions in the order in which they were handed in."""
    about = given(course__slug=page.course, pk=page.assignment)
    which = given(
        learner=page.user,
        learner__in=selectors.known_as(page.external_id),
        external_reference__text=page.external_ref,
    )
    rows = selectors.submissions(request.auth).filter(**which)
    if page.state is not None:
        rows = rows.filter(selectors.in_state(request.auth, page.state))
    rows = rows.filter(**{f"assignment__{name}": value for name, value in about.items()})
    # One row more than a page shows whether there is a next page. With filters, any number of rows can be needed.
    filtered = page.updated_since or page.state or which or not selectors.sees_everybody(request.auth)
    enough = None if filtered else page.limit + 1
    bounds = selectors.stretch(request.auth, after=page.cursor, enough=enough, **about)
    if page.updated_since:
        rows = selectors.changed_since(request.auth, rows, page.updated_since)
    rows = rows.filter(pk__range=bounds)
    return respond_page(
        request,
        rows,
        limit=page.limit,
        cursor=lambda row: row.pk,
        show=lambda found: show_submissions(masked(found, request.auth.person)),
    )


@router.get(
    "/submissions/{submission}",
    response=SubmissionOut,
    auth=BearerToken(TokenScope.SUBMISSIONS_READ, TokenScope.SUBMISSIONS_WRITE),
    operation_id="get_submission",
)
def get_submission(request: Any, submission: UUID, if_none_match: IfNoneMatch = None) -> HttpResponse:
    """A submission: its state, and the score once it is graded. `Retry-After` says when to request it again."""
    row = selectors.get_submission(request.auth, submission)
    return respond(show_submission(row), headers={"Retry-After": POLL_AFTER} if row.is_open else None)


@router.get(
    "/submissions/{submission}/report",
    response=ReportOut,
    auth=BearerToken(TokenScope.SUBMISSIONS_READ, TokenScope.SUBMISSIONS_WRITE),
    operation_id="get_report",
)
def get_report(request: Any, submission: UUID, if_none_match: IfNoneMatch = None) -> HttpResponse:
    """The report: what each check found, with message, hints and diagnosis.

    Later levels of a hint can open after a further attempt, and then the ETag changes.
    """
    row = selectors.get_submission(request.auth, submission)
    if row.is_held:
        raise Problem(Code.NOT_FOUND, "The results of this assignment are held back for now.")
    if row.state not in {State.GRADED, State.UNGRADABLE} or row.report is None:
        raise Problem(Code.NOT_FOUND, "There is no report on this submission yet.")
    return respond(show_report(row, access_for(request.auth.person, row)))


@router.get(
    "/submissions/{submission}/source",
    response=SourceOut,
    auth=BearerToken(TokenScope.SUBMISSIONS_READ),
    operation_id="get_source",
)
def get_source(request: Any, submission: UUID, if_none_match: IfNoneMatch = None) -> HttpResponse:
    """The code of a submission."""
    row = selectors.get_submission(request.auth, submission)
    return respond(SourceOut(submission=row.pk, source=row.source))
