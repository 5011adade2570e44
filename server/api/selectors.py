"""Reads what a token has access to. For it, other courses and other people do not exist."""

from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from server.accounts.models import User
from server.api.models import ApiToken, TokenScope
from server.api.problems import At, Code, Problem
from server.api.schemas import ByExternalId, ById
from server.courses.models import Course, Enrollment
from server.gradebook.models import Assignment, Grade
from server.submissions.models import CHANGED_AT, Kind, Submission
from server.webhooks.models import Delivery, Endpoint, EventType

NO_ID = UUID(int=0)
LIMITLESS = 2**62


def courses(token: ApiToken) -> QuerySet[Course]:
    """Return the courses that a token is bound to."""
    return Course.objects.filter(api_tokens=token)


def get_course(token: ApiToken, slug: str, *, pointer: str = "/path/course") -> Course:
    """Return a course by its slug."""
    return _found(courses(token).filter(slug=slug).first(), pointer, "There is no such course.")


def assignments(token: ApiToken) -> QuerySet[Assignment]:
    """Return the assignments of a token's courses."""
    return Assignment.objects.filter(course__api_tokens=token).select_related("course").order_by("pk")


def get_assignment(token: ApiToken, pk: int, *, pointer: str = "/path/assignment") -> Assignment:
    """Return an assignment."""
    return _found(assignments(token).filter(pk=pk).first(), pointer, "There is no such assignment.")


def enrollments(token: ApiToken, course: Course) -> QuerySet[Enrollment]:
    """Return the people in a course."""
    rows = Enrollment.objects.filter(course=course).select_related("user", "course").order_by("pk")
    return rows.filter(user=token.learner_id) if token.learner_id else rows


def get_member(token: ApiToken, course: Course, asked: ById | ByExternalId | None) -> User:
    """Return the person in a course whom the body of a request names."""
    if asked is None and token.learner_id is None:
        detail = "Name the user: only a personal token can leave that out."
        raise Problem(Code.FORBIDDEN, detail, [At(pointer="/user", detail="Field required")])
    rows = User.objects.filter(enrollments__course=course)
    if token.learner_id is not None:
        rows = rows.filter(pk=token.learner_id)
    if isinstance(asked, ById):
        rows = rows.filter(pk=asked.id)
    elif asked is not None:
        rows = rows.filter(external_id=asked.external_id)
    return _found(rows.first(), "/user", "There is nobody like that in this course.")


def submissions(token: ApiToken) -> QuerySet[Submission]:
    """Return the submissions in a token's courses, oldest first, without the code and without test runs."""
    rows = Submission.objects.filter(assignment__course__api_tokens=token, kind=Kind.SUBMIT).defer("source")
    rows = rows.select_related("learner", "assignment__course", "external_reference").order_by("pk")
    return rows.filter(learner=token.learner_id) if token.learner_id else rows


def get_submission(token: ApiToken, pk: UUID) -> Submission:
    """Return a submission."""
    return _found(submissions(token).filter(pk=pk).first(), "/path/submission", "There is no such submission.")


def stretch(token: ApiToken, *, after: UUID | None, enough: int | None, **which: Any) -> tuple[UUID, UUID]:
    """Return the first id of submissions to some assignments after one, and the last, or one with `enough` before it.

    `which` are fields of the assignments. One query. The ids of all courses' submissions sort by time, so without
    these bounds a database walks past whatever other courses handed in before and since: with a million of them, for
    seconds.
    """
    theirs = Submission.objects.filter(assignment=OuterRef("pk"), kind=Kind.SUBMIT).order_by("pk").values("pk")
    coming = theirs.filter(pk__gt=after) if after else theirs
    ends = {"first": Subquery(coming[:1]), "last": Subquery(coming.reverse()[:1])}
    # If one assignment alone has enough of them, the others need not be read.
    ends |= {"there": Subquery(coming[enough - 1 : enough])} if enough else {}
    found: Any = list(assignments(token).filter(**which).order_by().values(**ends))
    first, last, there = ([row[end] for row in found if row.get(end)] for end in ("first", "last", "there"))
    return min(first, default=NO_ID), min(there, default=max(last, default=NO_ID))


def changed_since(rows: QuerySet[Submission], moment: Any) -> QuerySet[Submission]:
    """Return the submissions that were handed in, sent again, or finished at a time or later."""
    changed = rows.annotate(changed_at=CHANGED_AT).filter(changed_at__gte=moment)
    # In a subquery with a limit that never applies: otherwise the database can decide to scan the ids from the very
    # first one until it has found enough rows.
    return rows.filter(pk__in=changed.order_by().values("pk")[:LIMITLESS])


def grades(token: ApiToken) -> QuerySet[Grade]:
    """Return the grades in a token's courses, in the order of their creation."""
    rows = Grade.objects.filter(assignment__course__api_tokens=token)
    rows = rows.select_related("learner", "assignment").order_by("pk")
    return rows.filter(learner=token.learner_id) if token.learner_id else rows


def get_grade(token: ApiToken, assignment: int, user: int) -> Grade:
    """Return a person's grade in an assignment: an unsaved, empty one if nothing was handed in or decided."""
    at = get_assignment(token, assignment)
    learner = _found(
        User.objects.filter(enrollments__course=at.course_id, pk=user).first()
        if token.learner_id in {None, user}
        else None,
        "/path/user",
        "There is nobody like that in this course.",
    )
    return grades(token).filter(assignment=at, learner=learner).first() or Grade(assignment=at, learner=learner)


def endpoints(token: ApiToken) -> QuerySet[Endpoint]:
    """Return the webhook endpoints of a token's courses, if the token can read everything that they send."""
    rows = Endpoint.objects.filter(course__api_tokens=token).select_related("course").order_by("pk")
    hidden = [event.value for event in EventType if not may_hear(token, event)]
    return rows.exclude(pk__in=[row.pk for row in rows if set(row.events) & set(hidden)]) if hidden else rows


def may_hear(token: ApiToken, event: EventType) -> bool:
    """Whether a token can receive an event: it can if it has a scope to read the same data."""
    return token.allows(TokenScope.SUBMISSIONS_READ if event.startswith("submission.") else TokenScope.GRADES_READ)


def get_endpoint(token: ApiToken, pk: int) -> Endpoint:
    """Return a webhook endpoint."""
    return _found(endpoints(token).filter(pk=pk).first(), "/path/endpoint", "There is no such endpoint.")


def deliveries(token: ApiToken) -> QuerySet[Delivery]:
    """Return the deliveries to the endpoints of a token, oldest first."""
    rows = Delivery.objects.filter(endpoint__in=endpoints(token))
    return rows.select_related("event").prefetch_related("tries").order_by("pk")


def get_delivery(token: ApiToken, pk: UUID) -> Delivery:
    """Return a delivery."""
    return _found(deliveries(token).filter(pk=pk).first(), "/path/delivery", "There is no such delivery.")


def _found(thing: Any, pointer: str, detail: str) -> Any:
    if thing is None:
        raise Problem(Code.NOT_FOUND, detail, [At(pointer=pointer, detail=detail)])
    return thing
