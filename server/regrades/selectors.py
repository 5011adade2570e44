"""Reading regrades."""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Count, F, Q, QuerySet
from django.db.models.lookups import Exact, GreaterThan, LessThan

from server.courses.visibility import VisiblePeople
from server.regrades.models import Regrade, Rerun
from server.submissions.models import State


class ChangeKind(models.TextChoices):
    """What a rerun did to a score. Every rerun has exactly one kind."""

    BETTER = "better", "Better"
    WORSE = "worse", "Worse"
    RESCALED = "rescaled", "The same share of another maximum"
    RUNS_NOW = "runs-now", "Could not be run, runs now"
    FAILS_NOW = "fails-now", "Ran, cannot be run now"
    SAME = "same", "The same"
    ERROR = "error", "Could not be graded, keeps its score"
    WAITING = "waiting", "Waiting"


CHANGED = "changed"
EVERY = "all"
_GRADED, _OLD_GRADED = Q(state=State.GRADED), Q(old_state=State.GRADED)
_BOTH = _GRADED & _OLD_GRADED & Q(changes=True)
# Compared as shares of the maximum, without a division: a maximum can be 0.
_NEW, _OLD = F("given") * F("old_max"), F("old_given") * F("max")
CONDITIONS: dict[ChangeKind, Any] = {
    ChangeKind.BETTER: _BOTH & GreaterThan(_NEW, _OLD),
    ChangeKind.WORSE: _BOTH & LessThan(_NEW, _OLD),
    ChangeKind.RESCALED: _BOTH & Exact(_NEW, _OLD),
    ChangeKind.RUNS_NOW: _GRADED & ~_OLD_GRADED,
    ChangeKind.FAILS_NOW: Q(state=State.UNGRADABLE) & _OLD_GRADED,
    ChangeKind.SAME: Q(state__in=[State.GRADED, State.UNGRADABLE], changes=False),
    ChangeKind.ERROR: Q(state=State.ERROR),
    ChangeKind.WAITING: Q(state=State.QUEUED),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """The progress of a regrade, and what it would change."""

    kinds: dict[ChangeKind, int]

    @property
    def total(self) -> int:
        """How many submissions are graded again."""
        return sum(self.kinds.values())

    @property
    def over(self) -> int:
        """How many reruns are finished."""
        return self.total - self.kinds[ChangeKind.WAITING]

    @property
    def errors(self) -> int:
        """How many could not be graded again."""
        return self.kinds[ChangeKind.ERROR]

    @property
    def changed(self) -> int:
        """How many have another score."""
        return self.over - self.errors - self.kinds[ChangeKind.SAME]

    @property
    def ready(self) -> bool:
        """Whether every rerun is finished."""
        return self.over == self.total


def tally(regrade: Regrade, *, people: VisiblePeople) -> Tally:
    """Count the reruns of a regrade that are about these people, by kind. One query."""
    counts = regrade.reruns.filter(people.about("submission__learner")).aggregate(
        **{kind.name: Count("pk", filter=condition) for kind, condition in CONDITIONS.items()}
    )
    return Tally(kinds={kind: counts[kind.name] for kind in ChangeKind})


def reruns(regrade: Regrade, *, people: VisiblePeople, show: str = EVERY) -> QuerySet[Rerun]:
    """Return the reruns that are about these people, those that change something first, without code and reports.

    `show` is a kind of change, CHANGED for all that change something, or EVERY.
    """
    rows = regrade.reruns.filter(people.about("submission__learner")).select_related(
        "submission__learner", "submission__assignment__course"
    )
    if show == CHANGED:
        rows = rows.filter(changes=True)
    elif show in ChangeKind.values:
        rows = rows.filter(CONDITIONS[ChangeKind(show)])
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
