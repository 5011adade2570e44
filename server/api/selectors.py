"""Reads what a token can reach (see `server.api.access`). For it, other courses and other people do not exist."""

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from server.accounts.models import User
from server.accounts.selectors import by_external_id
from server.api.access import Access
from server.api.models import TokenScope
from server.api.problems import At, Code, Problem
from server.api.schemas import ByExternalId, ById, ShownState
from server.courses.models import Course, Enrollment, FormerEnrollment, FormerSlug, Section
from server.courses.visibility import VisiblePeople, visible_people, visible_rows
from server.gradebook.models import Assignment, Grade
from server.regrade_requests.models import RegradeRequest
from server.roster.selectors import former
from server.submissions.masking import mask
from server.submissions.models import CHANGED_AT, Kind, State, Submission
from server.webhooks.models import Delivery, Endpoint, EventType

NO_ID = UUID(int=0)
LIMITLESS = 2**62


def courses(access: Access) -> QuerySet[Course]:
    """Return the courses that a token can reach."""
    return Course.objects.filter(pk__in=_keys(access))


def _keys(access: Access) -> list[int]:
    return [course.pk for course in access.courses]


def get_course(access: Access, slug: str, *, pointer: str = "/path/course") -> Course:
    """Return a course by its slug or a former one. Raises Problem if the token has none, or says why it has lost it."""
    if slug in access.lost:
        raise access.lost[slug]
    named = Q(slug=slug) | Q(pk__in=FormerSlug.objects.filter(slug=slug).values("course"))
    return _found(courses(access).filter(named).first(), pointer, "There is no such course.")


def _refuse_lost(access: Access, *, course: QuerySet) -> None:
    """Raise the archived course's problem, if a thing is in one. About other lost courses nothing is said."""
    archived = {slug: problem for slug, problem in access.lost.items() if problem.code is Code.ARCHIVED}
    if archived:
        found = Course.objects.filter(pk__in=course, slug__in=archived).values_list("slug", flat=True).first()
        if found is not None:
            raise archived[found]


def assignments(access: Access) -> QuerySet[Assignment]:
    """Return the assignments of a token's courses, without the drafts."""
    return Assignment.objects.published().filter(course__in=_keys(access)).select_related("course").order_by("pk")


def get_assignment(access: Access, pk: int, *, pointer: str = "/path/assignment") -> Assignment:
    """Return an assignment. Raises Problem if the token has none, or says why it has lost its course."""
    _refuse_lost(access, course=Assignment.objects.published().filter(pk=pk).values("course"))
    return _found(assignments(access).filter(pk=pk).first(), pointer, "There is no such assignment.")


def people(access: Access, course: Course) -> VisiblePeople:
    """Return the people of a course whom the person of a token can see."""
    return visible_people(access.person, course)


def _seen(access: Access, *, course: str, learner: str = "learner") -> Q:
    """Return a filter for rows about a learner whom the token reaches; the paths lead to their course and to them."""
    if access.learner_id is not None:
        return Q(**{learner: access.learner_id})
    return visible_rows(access.person, access.courses, course=course, learner=learner)


def enrollments(access: Access, course: Course, *, removed: bool = False) -> QuerySet:
    """Return the enrollments in a course, or those that staff ended."""
    seen = people(access, course)
    rows: QuerySet = former(seen) if removed else seen.enrollments
    rows = rows.select_related("user", "course", "section").order_by("pk")
    return rows.filter(user=access.learner_id) if access.learner_id else rows


def get_enrollment(access: Access, course: Course, user: int) -> Enrollment | FormerEnrollment:
    """Return the enrollment of a person; if staff ended it, the former one."""
    row = enrollments(access, course).filter(user=user).first()
    row = row or enrollments(access, course, removed=True).filter(user=user).first()
    return _found(row, "/path/user", "There is nobody like that in this course.")


def sections(access: Access, course: Course) -> QuerySet[Section]:
    """Return the sections of a course whose people the token reaches."""
    return people(access, course).sections.select_related("course").order_by("pk")


def get_section(access: Access, course: Course, pk: int, *, pointer: str = "/path/section") -> Section:
    """Return a section of a course."""
    return _found(sections(access, course).filter(pk=pk).first(), pointer, "There is no such section in this course.")


def known_as(external_id: str | None) -> list[User] | None:
    """Return the person with an id in the school's systems, for a filter; None if no id is given."""
    if external_id is None:
        return None
    found = by_external_id(external_id)
    return [found] if found else []


def get_member(access: Access, course: Course, asked: ById | ByExternalId | None) -> User:
    """Return the person in a course whom the body of a request names."""
    if asked is None and access.learner_id is None:
        detail = "Name the user: only a personal token can leave that out."
        raise Problem(Code.FORBIDDEN, detail, [At(pointer="/user", detail="Field required")])
    rows = User.objects.filter(pk__in=people(access, course).enrollments.values("user"))
    if access.learner_id is not None:
        rows = rows.filter(pk=access.learner_id)
    if isinstance(asked, ById):
        rows = rows.filter(pk=asked.id)
    elif asked is not None:
        rows = rows.filter(pk__in=[user.pk for user in known_as(asked.external_id) or []])
    return _found(rows.first(), "/user", "There is nobody like that in this course.")


def submissions(access: Access) -> QuerySet[Submission]:
    """Return the submissions in a token's courses, oldest first, without the code and without test runs."""
    seen = _seen(access, course="assignment__course")
    rows = Submission.objects.filter(seen, assignment__course__in=_keys(access), kind=Kind.SUBMIT).defer("source")
    return rows.select_related("learner", "assignment__course", "external_reference").order_by("pk")


def sees_everybody(access: Access) -> bool:
    """Whether the token reaches all submissions of its courses."""
    return not _seen(access, course="assignment__course")


def get_submission(access: Access, pk: UUID) -> Submission:
    """Return a submission, without what is held back from the person of the token.

    Raises Problem if the token has none, or says why it has lost its course.
    """
    _refuse_lost(access, course=Submission.objects.filter(pk=pk).values("assignment__course"))
    found = _found(submissions(access).filter(pk=pk).first(), "/path/submission", "There is no such submission.")
    return mask(found, access.person)


def stretch(access: Access, *, after: UUID | None, enough: int | None, **which: Any) -> tuple[UUID, UUID]:
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
    found: Any = list(assignments(access).filter(**which).order_by().values(**ends))
    first, last, there = ([row[end] for row in found if row.get(end)] for end in ("first", "last", "there"))
    return min(first, default=NO_ID), min(there, default=max(last, default=NO_ID))


def _held(access: Access) -> Q:
    """Return a filter for the submissions of which a token sees no result now."""
    theirs = [course.pk for course in access.courses if not access.person.has_perm("courses.teach", course)]
    held = Q(assignment__results_held=True, assignment__course__in=theirs)
    return held & ~Q(state=State.CANCELLED)


def in_state(access: Access, state: ShownState) -> Q:
    """Return a filter for the submissions whose state, as the token sees it, is this one."""
    return _held(access) if state is ShownState.HELD else Q(state=state.value) & ~_held(access)


def changed_since(access: Access, rows: QuerySet[Submission], moment: Any) -> QuerySet[Submission]:
    """Return the submissions that were handed in, sent again, finished, or released at a time or later.

    If results are held back, the time at which the grading ended tells nothing.
    """
    changed = rows.annotate(changed_at=CHANGED_AT).filter(changed_at__gte=moment)
    if access.learner_id is not None:
        held = _held(access)
        own = rows.annotate(changed_at=CHANGED_AT)
        changed = own.filter(
            Q(held, submitted_at__gte=moment)
            | Q(~held & Q(changed_at__gte=moment))
            | Q(~held & Q(assignment__released_at__gte=moment))
        )
    # In a subquery with a limit that never applies: otherwise the database can decide to scan the ids from the very
    # first one until it has found enough rows.
    return rows.filter(pk__in=changed.order_by().values("pk")[:LIMITLESS])


def grades(access: Access) -> QuerySet[Grade]:
    """Return the grades of the members of a token's courses, in the order of their creation."""
    seen = _seen(access, course="assignment__course")
    present = Enrollment.objects.filter(user=OuterRef("learner"), course=OuterRef("assignment__course"))
    rows = Grade.objects.filter(seen, Exists(present), assignment__course__in=_keys(access))
    return rows.select_related("learner", "assignment__course").order_by("pk")


def grade_changed_since(access: Access, moment: Any) -> Q:
    """Return a filter for the grades that changed at a time or later, as the token sees it.

    For a learner a release is a change, and a grade that is held back tells nothing about its time.
    """
    changed = Q(updated_at__gte=moment)
    if access.learner_id is None:
        return changed
    held = Q(assignment__results_held=True)
    return held | (~held & changed) | Q(assignment__released_at__gte=moment)


def get_grade(access: Access, assignment: int, user: int) -> Grade:
    """Return a person's grade in an assignment: an unsaved, empty one if nothing was handed in or decided."""
    at = get_assignment(access, assignment)
    learner = _found(
        User.objects.filter(pk__in=people(access, at.course).enrollments.filter(user=user).values("user")).first()
        if access.learner_id in {None, user}
        else None,
        "/path/user",
        "There is nobody like that in this course.",
    )
    return grades(access).filter(assignment=at, learner=learner).first() or Grade(assignment=at, learner=learner)


def regrade_requests(access: Access) -> QuerySet[RegradeRequest]:
    """Return the regrade requests in a token's courses, oldest first."""
    seen = _seen(access, course="course", learner="submission__learner")
    rows = RegradeRequest.objects.filter(seen, course__in=_keys(access)).order_by("pk")
    rows = rows.select_related("course", "submission__learner", "submission__assignment")
    return rows.defer("submission__source", "submission__report")


def get_regrade_request(access: Access, pk: int) -> RegradeRequest:
    """Return a regrade request."""
    return _found(regrade_requests(access).filter(pk=pk).first(), "/path/request_id", "There is no such request.")


def endpoints(access: Access) -> QuerySet[Endpoint]:
    """Return the webhook endpoints of a token's courses, if the token can read everything that they send."""
    rows = Endpoint.objects.filter(course__in=_keys(access)).select_related("course").order_by("pk")
    hidden = [event.value for event in EventType if not may_hear(access, event)]
    return rows.exclude(pk__in=[row.pk for row in rows if set(row.events) & set(hidden)]) if hidden else rows


def may_hear(access: Access, event: EventType) -> bool:
    """Whether a token can receive an event: it can if it has a scope to read the same data."""
    return access.allows(TokenScope.SUBMISSIONS_READ if event.startswith("submission.") else TokenScope.GRADES_READ)


def get_endpoint(access: Access, pk: int) -> Endpoint:
    """Return a webhook endpoint."""
    return _found(endpoints(access).filter(pk=pk).first(), "/path/endpoint", "There is no such endpoint.")


def deliveries(access: Access) -> QuerySet[Delivery]:
    """Return the deliveries to the endpoints of a token, oldest first."""
    rows = Delivery.objects.filter(endpoint__in=endpoints(access))
    return rows.select_related("event").prefetch_related("tries").order_by("pk")


def get_delivery(access: Access, pk: UUID) -> Delivery:
    """Return a delivery."""
    return _found(deliveries(access).filter(pk=pk).first(), "/path/delivery", "There is no such delivery.")


def _found(thing: Any, pointer: str, detail: str) -> Any:
    if thing is None:
        raise Problem(Code.NOT_FOUND, detail, [At(pointer=pointer, detail=detail)])
    return thing
