"""Every write to regrade requests.

ask         a learner asks for another look at a score
answer      an instructor keeps the grade, changes it, or lets the submission be graded again
mark_seen   note that the learner saw the answers
"""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from server.accounts.models import User
from server.audit.models import AuditAction
from server.audit.services import record
from server.gradebook.errors import GradeError
from server.gradebook.models import Action
from server.gradebook.services import decide
from server.regrade_requests.errors import RequestRefused
from server.regrade_requests.models import RegradeRequest, RequestState
from server.regrade_requests.selectors import check_titles, refusal
from server.regrade_requests.signals import request_answered
from server.regrades import services as regrades
from server.regrades.errors import RegradeError
from server.submissions.models import Submission

LONGEST = 2_000
MOST_PER_DAY = 5


@transaction.atomic
def ask(submission: Submission, *, by: User, reason: str, check_title: str = "") -> RegradeRequest:
    """Save a learner's request about a submission of theirs. Raises RequestRefused.

    The caller has checked that it is the learner's own. Whether the learner can ask now is checked here.
    """
    text = _checked(reason, "Say why the score is wrong.")
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # two requests at once count one after the other
    if why := refusal(submission):
        raise RequestRefused(why)
    if check_title and check_title not in check_titles(submission):
        raise RequestRefused("Choose one of the checks of this result.")
    today = RegradeRequest.objects.filter(submission__learner=by, asked_at__gte=timezone.now() - timedelta(days=1))
    if today.count() >= MOST_PER_DAY:
        raise RequestRefused(f"You asked for {MOST_PER_DAY} regrades within a day. Ask for the next one tomorrow.")
    assignment = submission.assignment
    row = RegradeRequest.objects.create(
        course=assignment.course, submission=submission, reason=text, check_title=check_title
    )
    record(
        AuditAction.REGRADE_REQUESTED, course=assignment.course, by=by, about=submission.learner, what=assignment.slug
    )
    return row


@transaction.atomic
def answer(
    request: RegradeRequest, *, by: User, decision: RequestState, text: str, points: float | None = None
) -> RegradeRequest:
    """Answer an open request. Raises RequestRefused, also if the grade cannot be changed in this way.

    `points` are the new ones if the decision is to change the grade. To grade again begins a preview of a regrade of
    this one submission; applying it stays a step of its own.
    """
    content = _checked(text, "Write an answer for the learner.")
    row = RegradeRequest.objects.select_for_update(of=("self",)).select_related("course").get(pk=request.pk)
    row.submission = Submission.objects.select_related("learner", "assignment__course").get(pk=row.submission_id)
    if not row.is_open:
        raise RequestRefused("Somebody has answered this request already.")
    _carry_out(row, decision, by=by, why=f"Regrade request: {content}", points=points)
    row.state, row.answer, row.answered_by, row.answered_at = decision, content, by, timezone.now()
    row.save(update_fields=["state", "answer", "answered_by", "answered_at", "regrade"])
    record(
        AuditAction.REQUEST_ANSWERED,
        course=row.course,
        by=by,
        about=row.submission.learner,
        what=row.submission.assignment.slug,
        after=RequestState(decision).label.lower(),
        why=content,
    )
    request_answered.send(sender=RegradeRequest, request=row)
    return row


def mark_seen(requests: Iterable[RegradeRequest]) -> None:
    """Note that the learner saw these answers."""
    new = [one.pk for one in requests if one.answered_at is not None and one.seen_at is None]
    if new:
        RegradeRequest.objects.filter(pk__in=new, seen_at=None).update(seen_at=timezone.now())


def _carry_out(row: RegradeRequest, decision: RequestState, *, by: User, why: str, points: float | None) -> None:
    assignment, learner = row.submission.assignment, row.submission.learner
    match decision:
        case RequestState.KEPT:
            return
        case RequestState.CHANGED:
            if points is None:
                raise RequestRefused("Give the new points.")
            try:
                changed = decide(assignment, learner, action=Action.OVERRIDDEN, by=by, why=why, override=points)
            except GradeError as error:
                raise RequestRefused(str(error)) from None
            if changed is None:
                raise RequestRefused("The grade has these points already. Keep it, or give others.")
        case RequestState.AGAIN:
            try:
                row.regrade = regrades.start(row.course, [assignment], by=by, why=why[:500], only=row.submission)
            except RegradeError as error:
                raise RequestRefused(str(error)) from None
        case _:
            raise RequestRefused("Choose what to do with the grade.")


def _checked(text: str, empty: str) -> str:
    content = text.replace("\r\n", "\n").strip()
    if not content:
        raise RequestRefused(empty)
    if len(content) > LONGEST:
        raise RequestRefused(f"At most {LONGEST} characters. This text has {len(content)}.")
    if "\0" in content:
        raise RequestRefused("The text has a character that cannot be stored (code 0). Remove it.")
    return content
