"""Reading regrades."""

from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from server.courses.visibility import VisiblePeople
from server.regrades.models import Regrade, Rerun
from server.submissions.models import State


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """The progress of a regrade, and what it would change."""

    total: int
    over: int
    errors: int
    better: int
    worse: int
    same: int

    @property
    def ready(self) -> bool:
        """Whether every rerun is finished."""
        return self.over == self.total


def tally(regrade: Regrade, *, people: VisiblePeople) -> Tally:
    """Count the reruns of a regrade that are about these people. One query."""
    changed = Q(changes=True)
    came = Q(state__in=[State.GRADED, State.UNGRADABLE])
    worse = Q(given__lt=F("old_given")) | Q(given=None, old_given__isnull=False)
    counts = regrade.reruns.filter(people.about("submission__learner")).aggregate(
        total=Count("pk"),
        over=Count("pk", filter=~Q(state=State.QUEUED)),
        errors=Count("pk", filter=Q(state=State.ERROR)),
        worse=Count("pk", filter=changed & worse),
        changed=Count("pk", filter=changed),
        came=Count("pk", filter=came),
    )
    changed_count, came_count = counts.pop("changed"), counts.pop("came")
    return Tally(**counts, better=changed_count - counts["worse"], same=came_count - changed_count)


def reruns(regrade: Regrade, *, people: VisiblePeople) -> QuerySet[Rerun]:
    """Return the reruns that are about these people, those that change something first, without code and reports."""
    rows = regrade.reruns.filter(people.about("submission__learner")).select_related(
        "submission__learner", "submission__assignment__course"
    )
    heavy = ("report", "old_report", "submission__source", "submission__report")
    return rows.order_by("-changes", "pk").defer(*heavy)


def regrades(people: VisiblePeople) -> QuerySet[Regrade]:
    """Return the regrades of a course, newest first, with how many reruns about these people each has."""
    counted = (
        Regrade.objects.filter(course=people.course).select_related("by", "course").prefetch_related("assignments")
    )
    theirs = people.about("reruns__submission__learner")
    changed = Count("reruns", filter=Q(theirs, reruns__changes=True))
    open_ = Count("reruns", filter=Q(theirs, reruns__state=State.QUEUED))
    return counted.annotate(total=Count("reruns", filter=theirs or None), changed=changed, open=open_)
