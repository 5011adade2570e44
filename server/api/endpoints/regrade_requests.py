"""Regrade requests, and answers to them."""

from typing import Any

from django.http import HttpResponse
from ninja import Query, Router

from server.api import selectors
from server.api.admission import BearerToken
from server.api.endpoints.parameters import CourseFilter, IdPage, IfNoneMatch, Key
from server.api.idempotency import once
from server.api.models import TokenScope
from server.api.presentation import show_regrade_request
from server.api.problems import At, Code, Problem
from server.api.responses import respond, respond_page
from server.api.schemas import Id, NewRegradeAnswer, Page, RegradeRequestOut
from server.regrade_requests import services
from server.regrade_requests.errors import RequestRefused
from server.regrade_requests.models import RequestState

router = Router(tags=["Grades"])


class RegradeRequestFilter(IdPage, CourseFilter):
    """The filters for regrade requests."""

    state: RequestState | None = None
    assignment: Id | None = None
    user: Id | None = None


@router.get(
    "/regrade-requests",
    response=Page[RegradeRequestOut],
    auth=BearerToken(TokenScope.GRADES_READ),
    operation_id="list_regrade_requests",
)
def list_regrade_requests(request: Any, page: Query[RegradeRequestFilter]) -> HttpResponse:
    """Regrade requests, oldest first. A personal token gets those of its person."""
    wanted = {
        "course__slug": page.course,
        "state": page.state,
        "submission__assignment": page.assignment,
        "submission__learner": page.user,
        "pk__gt": page.cursor,
    }
    rows = selectors.regrade_requests(request.auth)
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    show = lambda rows: list(map(show_regrade_request, rows))  # noqa: E731 as in the other lists
    return respond_page(request, rows, limit=page.limit, cursor=lambda row: row.pk, show=show)


@router.get(
    "/regrade-requests/{request_id}",
    response=RegradeRequestOut,
    auth=BearerToken(TokenScope.GRADES_READ),
    operation_id="get_regrade_request",
)
def get_regrade_request(request: Any, request_id: Id, if_none_match: IfNoneMatch = None) -> HttpResponse:
    """A regrade request."""
    return respond(show_regrade_request(selectors.get_regrade_request(request.auth, request_id)))


@router.post(
    "/regrade-requests/{request_id}/answer",
    response=RegradeRequestOut,
    auth=BearerToken(TokenScope.GRADES_WRITE),
    operation_id="answer_regrade_request",
)
def answer_regrade_request(request: Any, request_id: Id, body: NewRegradeAnswer, key: Key = None) -> HttpResponse:
    """Answer an open regrade request; 409 if it has an answer already.

    With `again`, a preview of a regrade of this one submission begins. An instructor applies it on the website.
    """

    def work() -> HttpResponse:
        row = selectors.get_regrade_request(request.auth, request_id)
        if not row.is_open:
            raise Problem(Code.CONFLICT, "This request has an answer already.")
        decision = RequestState(body.decision)
        try:
            services.answer(row, by=request.auth.token.person, decision=decision, text=body.answer, points=body.given)
        except RequestRefused as error:
            raise Problem(Code.INVALID, str(error), [At(pointer="/given", detail=str(error))]) from None
        return respond(show_regrade_request(selectors.get_regrade_request(request.auth, request_id)))

    return once(request, key, work, check=lambda: selectors.get_regrade_request(request.auth, request_id))
