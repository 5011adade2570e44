"""Reading regrade requests."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils import timezone

from server.accounts.models import User
from server.courses.models import Course
from server.courses.visibility import VisiblePeople
from server.regrade_requests.models import RegradeRequest, RequestState
from server.submissions.models import Kind, State, Submission

PER_PAGE = 50


class RequestFilter(StrEnum):
    """Which requests a list has."""

    OPEN = "open"
    ANSWERED = "answered"
    ALL = "all"


def asks_until(submission: Submission) -> datetime | None:
    """Return until when a regrade of a submission can be asked for; None if it cannot.

    Time counts from the result, or from its release if it was held back.
    """
    days, finished = submission.course.regrade_request_days, submission.finished_at
    is_result = submission.kind == Kind.SUBMIT and submission.state == State.GRADED
    if not days or finished is None or not is_result:
        return None
    released = submission.assignment.released_at or finished
    return max(finished, released) + timedelta(days=days)


def can_ask(submission: Submission) -> bool:
    """Whether its learner can ask for a regrade now, apart from a request that is open. No query."""
    until = asks_until(submission)
    return until is not None and until >= timezone.now() and not submission.assignment.results_held


def refusal(submission: Submission) -> str:
    """Return why no regrade of a submission can be asked for now, in a sentence; empty if it can. One query."""
    until = asks_until(submission)
    if until is None or submission.assignment.results_held:
        return "A regrade can be asked for if a submission has a score, and if your course allows it."
    if until < timezone.now():
        return f"A regrade could be asked for within {submission.course.regrade_request_days} days of the result."
    if submission.regrade_requests.filter(state=RequestState.OPEN).exists():
        return "You have asked already. Wait for the answer."
    return ""


def check_titles(submission: Submission) -> list[str]:
    """Return the titles of the checks in a submission's report, in its order, each once."""
    findings = (submission.report or {}).get("findings", ())
    return list(dict.fromkeys(str(one.get("title", ""))[:200] for one in findings if one.get("title")))


def requests_about(submission: Submission) -> QuerySet[RegradeRequest]:
    """Return the requests about a submission, newest first."""
    return submission.regrade_requests.select_related("answered_by", "regrade", "course")


def unseen_answers(learner: User, course: Course) -> list[RegradeRequest]:
    """Return the answers that a learner has not seen, newest first. One query."""
    rows = RegradeRequest.objects.filter(course=course, submission__learner=learner, seen_at=None)
    rows = rows.exclude(answered_at=None).select_related("submission__assignment__course")
    return list(rows.defer("submission__source", "submission__report"))


def open_count(people: VisiblePeople) -> int:
    """Return how many requests of these people wait for an answer. One query."""
    about = people.about("submission__learner")
    return RegradeRequest.objects.filter(about, course=people.course, state=RequestState.OPEN).count()


def requests_of(people: VisiblePeople, which: RequestFilter = RequestFilter.ALL) -> QuerySet[RegradeRequest]:
    """Return the requests of these people of a course, newest first."""
    rows = RegradeRequest.objects.filter(people.about("submission__learner"), course=people.course)
    if which is RequestFilter.OPEN:
        rows = rows.filter(state=RequestState.OPEN)
    if which is RequestFilter.ANSWERED:
        rows = rows.exclude(state=RequestState.OPEN)
    rows = rows.select_related("submission__learner", "submission__assignment__course", "answered_by", "course")
    return rows.defer("submission__source", "submission__report")


def inbox(people: VisiblePeople, which: RequestFilter, page: str) -> "Page[Any]":
    """Return a page of the requests; open ones with the oldest first. Two queries."""
    rows = requests_of(people, which)
    if which is RequestFilter.OPEN:
        rows = rows.order_by("pk")
    return Paginator(rows, PER_PAGE).get_page(page)
