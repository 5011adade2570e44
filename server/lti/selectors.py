"""Reading a course's platforms and its scores in them, for the pages of those who teach it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Prefetch, Q, QuerySet
from django.utils import timezone

from server.accounts.models import User
from server.courses.models import Course, Role
from server.gradebook.models import Grade
from server.lti.models import Deployment, Invitation, LineItem, LmsCourse, Passback, PassbackState, Platform


def platforms_of(course: Course) -> QuerySet[Platform]:
    """Return the platforms that a course registered, with their deployments and how many people came by each."""
    deployments = Prefetch("deployments", Deployment.objects.order_by("approved", "pk"))
    return course.lti_platforms.prefetch_related(deployments).annotate(people=Count("identities"))


def lms_courses_of(course: Course) -> QuerySet[LmsCourse]:
    """Return the LMS courses that came by a course's platforms, or are linked to it from another's; unlinked first."""
    rows = LmsCourse.objects.filter(Q(deployment__platform__course=course) | Q(course=course))
    return rows.select_related("course", "deployment__platform__course").order_by(
        F("course").asc(nulls_first=True), "title", "pk"
    )


def taught_by(user: User) -> QuerySet[Course]:
    """Return the courses that somebody answers for: those that they may link an LMS course to."""
    rows = Course.objects.order_by("title")
    if user.is_superuser:
        return rows
    return rows.filter(enrollments__user=user, enrollments__role=Role.INSTRUCTOR)


def invitations_of(course: Course) -> QuerySet[Invitation]:
    """Return the invitations to a course that still hold."""
    rows = Invitation.objects.filter(course=course, expires_at__gt=timezone.now())
    return rows.select_related("by").order_by("expires_at")


def columns_of(course: Course) -> QuerySet[LineItem]:
    """Return the columns that a course's grades go into, each with how many scores are where."""
    counts = {state.value: Count("passbacks", filter=Q(passbacks__state=state)) for state in PassbackState}
    rows = LineItem.objects.filter(assignment__course=course, lms_course__course=course)
    return (
        rows.select_related("assignment", "lms_course__deployment__platform")
        .annotate(**counts)
        .order_by("lms_course__title", "lms_course", "assignment__position", "pk")
    )


def scores_in(line_items: LineItem | Iterable[LineItem], state: str = "") -> QuerySet[Passback]:
    """Return the scores in some columns, perhaps only those in one state, by name, with every try."""
    wanted = [line_items] if isinstance(line_items, LineItem) else list(line_items)
    rows = Passback.objects.filter(line_item__in=wanted).select_related("identity__user")
    rows = rows.prefetch_related("tries").order_by("identity__user__last_name", "identity__user__username", "pk")
    return rows.filter(state=state) if state in PassbackState.values else rows


def without_a_place(line_item: LineItem) -> QuerySet[Grade]:
    """Return the grades that cannot go into a column: the platform never told us who these students are there."""
    placed = line_item.lms_course.memberships.values("identity__user")
    students = line_item.assignment.course.enrollments.filter(role=Role.STUDENT).values("user")
    rows = Grade.objects.filter(assignment=line_item.assignment, learner__in=students).exclude(final=None)
    return rows.exclude(learner__in=placed).select_related("learner").order_by("learner__last_name", "learner")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A difference that the latest comparison found: shares of the points, and what became of the score since."""

    who: str
    ours: float | None
    theirs: float | None
    row: Passback | None

    @property
    def may_be_sent(self) -> bool:
        """Whether sending our score would put it right."""
        return self.row is not None and self.row.given is not None and self.row.most > 0


def found_in(line_item: LineItem) -> list[Found]:
    """Return the differences of the latest comparison, as far as they still stand: what was sent since is left out."""
    said: list[dict[str, Any]] = line_item.differences
    rows = {row.pk: row for row in scores_in(line_item).filter(pk__in=[one["row"] for one in said if one["row"]])}
    found = []
    for one in said:
        row = rows.get(one["row"])
        if one["row"] is None or (row is not None and row.version == one["version"]):
            who = row.identity.user.display_name if row else one["who"]
            found.append(Found(who=who, ours=one["ours"], theirs=one["theirs"], row=row))
    return found
