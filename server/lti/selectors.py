"""Reads a course's platforms and its scores in them, for the pages of the course's staff."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Prefetch, Q, QuerySet
from django.utils import timezone

from server.accounts.models import User
from server.courses.models import Course, Role
from server.courses.visibility import VisiblePeople
from server.gradebook.models import Grade
from server.lti.members import sharing
from server.lti.members.sharing import Doubled
from server.lti.models import Deployment, LineItem, LmsCourse, Passback, PassbackState, Platform, PlatformInvitation


def platforms_of(course: Course) -> QuerySet[Platform]:
    """Return the platforms that a course registered, with their deployments and the number of people from each."""
    deployments = Prefetch("deployments", Deployment.objects.order_by("approved", "pk"))
    return course.lti_platforms.prefetch_related(deployments).annotate(people=Count("identities"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Registration:
    """A platform that a course registered: registrations of the same issuer, those that share its people, and doubles.

    `doubled` are the people who have an account from each of two registrations.
    """

    platform: Platform
    candidates: list[Platform]
    sharing: list[Platform]
    doubled: list[Doubled]


def registrations_of(course: Course) -> list[Registration]:
    """Return the platforms that a course registered, with what is known of their other registrations."""
    return [
        Registration(
            platform=platform,
            candidates=list(sharing.candidates(platform)),
            sharing=list(sharing.others(platform).select_related("course")),
            doubled=sharing.doubled(platform),
        )
        for platform in platforms_of(course)
    ]


def lms_courses_of(course: Course) -> QuerySet[LmsCourse]:
    """Return the LMS courses of a course's platforms, and those linked to it from other platforms; unlinked first."""
    rows = LmsCourse.objects.filter(Q(deployment__platform__course=course) | Q(course=course))
    return rows.select_related("course", "deployment__platform__course").order_by(
        F("course").asc(nulls_first=True), "title", "pk"
    )


def taught_by(user: User) -> QuerySet[Course]:
    """Return the courses that a person is an instructor of, and so can link an LMS course to."""
    rows = Course.objects.order_by("title")
    if user.is_superuser:
        return rows
    return rows.filter(enrollments__user=user, enrollments__role=Role.INSTRUCTOR)


def invitations_of(course: Course) -> QuerySet[PlatformInvitation]:
    """Return the invitations to a course that have not expired."""
    rows = PlatformInvitation.objects.filter(course=course, expires_at__gt=timezone.now())
    return rows.select_related("by").order_by("expires_at")


def columns_of(people: VisiblePeople, *, dismissed: bool = False) -> QuerySet[LineItem]:
    """Return the columns that a course's grades go into, each with the numbers of these people's scores.

    With `dismissed`, return those that were dismissed instead.
    """
    course, theirs = people.course, people.about("passbacks__identity__user")
    counts = {state.value: Count("passbacks", filter=Q(theirs, passbacks__state=state)) for state in PassbackState}
    rows = LineItem.objects.filter(
        assignment__course=course, lms_course__course=course, dismissed_at__isnull=not dismissed
    )
    return (
        rows.select_related("assignment", "lms_course__deployment__platform")
        .annotate(**counts)
        .order_by("lms_course__title", "lms_course", "assignment__position", "pk")
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class GradesInLms:
    """How many grades of some people the LMS refused or shows otherwise, and how many are held back."""

    failed: int
    differs: int
    withheld: int


def grades_in_lms(people: VisiblePeople) -> GradesInLms:
    """Return the counts for the columns of a course that were not dismissed. One query."""
    course = people.course
    rows = Passback.objects.filter(
        people.about("identity__user"),
        line_item__assignment__course=course,
        line_item__lms_course__course=course,
        line_item__dismissed_at=None,
    )
    states = (PassbackState.FAILED, PassbackState.DIFFERS, PassbackState.WITHHELD)
    counts = {state.value: Count("pk", filter=Q(state=state)) for state in states}
    return GradesInLms(**rows.order_by().aggregate(**counts))


def scores_in(
    line_items: LineItem | Iterable[LineItem], state: str = "", *, people: VisiblePeople
) -> QuerySet[Passback]:
    """Return the scores of these people in some columns, in all states or one, sorted by name, with every try."""
    wanted = [line_items] if isinstance(line_items, LineItem) else list(line_items)
    rows = Passback.objects.filter(people.about("identity__user"), line_item__in=wanted).select_related(
        "identity__user", "line_item"
    )
    rows = rows.prefetch_related("tries").order_by("identity__user__last_name", "identity__user__username", "pk")
    return rows.filter(state=state) if state in PassbackState.values else rows


def without_identity(line_item: LineItem, *, people: VisiblePeople) -> QuerySet[Grade]:
    """Return the grades that cannot go into a column, because the platform never sent who these students are."""
    known = line_item.lms_course.memberships.values("identity__user")
    rows = Grade.objects.filter(people.by_students(), assignment=line_item.assignment).exclude(final=None)
    return rows.exclude(learner__in=known).select_related("learner").order_by("learner__last_name", "learner")


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenDifference:
    """A difference from the latest comparison: shares of the points, and the score as it is now."""

    who: str
    ours: float | None
    theirs: float | None
    row: Passback | None

    @property
    def can_be_sent(self) -> bool:
        """Whether sending our score again would remove the difference."""
        return self.row is not None and self.row.given is not None and self.row.most > 0


def differences_in(line_item: LineItem, *, people: VisiblePeople) -> list[OpenDifference]:
    """Return the differences of the latest comparison, without those whose score has changed since.

    Differences about somebody who has no account here are shown only to those who can see everybody.
    """
    stored: list[dict[str, Any]] = line_item.differences
    scores = scores_in(line_item, people=people).filter(pk__in=[one["row"] for one in stored if one["row"]])
    rows = {row.pk: row for row in scores}
    differences = []
    for one in stored:
        row = rows.get(one["row"])
        if (one["row"] is None and people.are_all) or (row is not None and row.version == one["version"]):
            who = row.identity.user.display_name if row else one["who"]
            differences.append(OpenDifference(who=who, ours=one["ours"], theirs=one["theirs"], row=row))
    return differences
