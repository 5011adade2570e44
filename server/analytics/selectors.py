"""What a class gets wrong, who is stuck, and how an exercise does. Each docstring gives the number of queries.

`people` are those who count: of them, the students who are in the course now.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median

from django.db.models import Count, F, Max, Q, QuerySet
from django.db.models.functions import TruncDate

from server.analytics.models import FailedCheck
from server.courses.visibility import VisiblePeople
from server.gradebook.models import Assignment, Grade
from server.submissions.models import Kind, State, Submission

# A learner is stuck after this many attempts if none got every point.
STUCK_AFTER = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistake:
    """A mistake of a class: how many learners made it, in how many submissions, and the sentence that one of them read.

    One mistake can make several checks fail: `checks` counts them, and `title` is the title of one.
    """

    assignment: Assignment
    title: str
    mistake: str
    is_diagnosis: bool
    learners: int
    times: int
    checks: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Stuck:
    """A learner who is stuck, and the check that failed last (None if no check failed but points are missing)."""

    grade: Grade
    on: FailedCheck | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckRate:
    """How often a check failed, out of `of` graded or ungradable submissions."""

    title: str
    failed: int
    of: int

    @property
    def percent(self) -> float:
        """The share of failures in percent."""
        return 100 * self.failed / self.of if self.of else 0.0


def mistakes(
    assignments: Iterable[Assignment], *, people: VisiblePeople, since: datetime, limit: int = 12
) -> list[Mistake]:
    """Return the mistakes that most learners made in these assignments since a moment. One query."""
    by_key = {one.pk: one for one in assignments}
    rows = FailedCheck.objects.filter(people.by_students(), assignment__in=by_key, at__gte=since)
    return [_mistake(row, by_key) for row in _counted(rows)[:limit]]


def mistakes_in(assignment: Assignment, *, people: VisiblePeople, limit: int = 20) -> list[Mistake]:
    """Return the mistakes that most learners made in one exercise. One query."""
    rows = FailedCheck.objects.filter(people.by_students(), assignment=assignment)
    return [_mistake(row, {assignment.pk: assignment}) for row in _counted(rows)[:limit]]


def _counted(rows: QuerySet[FailedCheck]) -> QuerySet:
    same = rows.values("assignment", "mistake")
    counted = same.annotate(
        learners=Count("learner", distinct=True),
        times=Count("submission", distinct=True),
        checks=Count("check_id", distinct=True),
        text=Max("text"),
        title=Max("title"),
        diagnosed=Count("pk", filter=Q(is_diagnosis=True)),
    )
    return counted.order_by("-learners", "-times", "assignment", "mistake")


def _mistake(row: dict, assignments: dict[int, Assignment]) -> Mistake:
    return Mistake(
        assignment=assignments[row["assignment"]],
        title=row["title"],
        mistake=row["mistake"],
        is_diagnosis=bool(row["diagnosed"]),
        learners=row["learners"],
        times=row["times"],
        checks=row["checks"],
        text=row["text"],
    )


def stuck(assignments: Iterable[Assignment], *, people: VisiblePeople, limit: int = 10) -> list[Stuck]:
    """Return the learners who tried often without passing, most attempts first. Two queries."""
    by_key = {one.pk: one for one in assignments}
    trying = Grade.objects.filter(
        people.by_students(), assignment__in=by_key, passed_after=None, used__gte=STUCK_AFTER, exempt=False
    )
    undecided = trying.filter(override=None).select_related("learner").order_by("-used", "-last_at", "pk")
    grades = list(undecided[:limit])
    for grade in grades:
        grade.assignment = by_key[grade.assignment_id]
    on = _last_failures(grades)
    return [Stuck(grade=grade, on=on.get((grade.learner_id, grade.assignment_id))) for grade in grades]


def _last_failures(grades: Iterable[Grade]) -> dict[tuple[int, int], FailedCheck]:
    pairs = Q()
    for grade in grades:
        pairs |= Q(learner=grade.learner_id, assignment=grade.assignment_id, at=grade.last_at)
    failures = FailedCheck.objects.filter(pairs).order_by("-pk") if pairs else []
    # If several checks failed, the first explains the others. It comes last here, so the dict keeps it.
    return {(failure.learner_id, failure.assignment_id): failure for failure in failures}


def check_rates(assignment: Assignment, *, people: VisiblePeople) -> list[CheckRate]:
    """Return how often each check of an exercise failed, the most often failed first. Two queries."""
    over = Submission.objects.filter(people.by_students(), assignment=assignment, kind=Kind.SUBMIT)
    of = over.filter(state__in=[State.GRADED, State.UNGRADABLE]).count()
    rows = FailedCheck.objects.filter(people.by_students(), assignment=assignment).values("check_id")
    counted = rows.annotate(failed=Count("pk"), title=Max("title")).order_by("-failed", "check_id")
    return [CheckRate(title=row["title"], failed=row["failed"], of=of) for row in counted]


def mistakes_by_day(
    assignment: Assignment, frequent: Collection[str], *, people: VisiblePeople
) -> dict[str, dict[date, int]]:
    """Return how often each of these mistakes was made per day. One query."""
    rows = FailedCheck.objects.filter(people.by_students(), assignment=assignment, mistake__in=frequent)
    days: dict[str, dict[date, int]] = {mistake: {} for mistake in frequent}
    for row in rows.values("mistake", day=TruncDate("at")).annotate(times=Count("pk")).order_by("day"):
        days[row["mistake"]][row["day"]] = row["times"]
    return days


def run_seconds(assignment: Assignment, *, people: VisiblePeople) -> float | None:
    """Return the median run time (s) of the latest submissions with full points; None if there are none."""
    full = Submission.objects.filter(
        people.by_students(), assignment=assignment, state=State.GRADED, given__gte=F("max")
    )
    # A report is large, so read only the latest 25.
    seconds = [value for value in full.values_list("report__seconds", flat=True)[:25] if value is not None]
    return median(seconds) if seconds else None
