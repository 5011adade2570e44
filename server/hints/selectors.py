"""How often hints are opened, for teachers. Of these people, students who are in the course now count."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Q

from server.courses.visibility import VisiblePeople
from server.gradebook.models import Assignment
from server.hints.models import HintUse, Level


@dataclass(frozen=True, kw_only=True, slots=True)
class LevelCount:
    """How often a level of a hint was opened, and how often it did not help."""

    level: Level
    opened: int
    did_not_help: int


@dataclass(frozen=True, kw_only=True, slots=True)
class HintCount:
    """How one hint of an exercise does: the sentence that one learner read, and the counts of its levels."""

    hint: str
    text: str
    levels: list[LevelCount]


def hint_counts(assignment: Assignment, *, people: VisiblePeople, limit: int = 30) -> list[HintCount]:
    """Return how often each hint of an assignment was opened, the most frequent first. One query."""
    rows: Any = HintUse.objects.filter(people.by_students(), assignment=assignment).values("hint")
    counts = {f"opened_{level}": Count("pk", filter=Q(level=level)) for level in Level.values}
    counts |= {
        f"useless_{level}": Count("pk", filter=Q(level=level, did_not_help_at__isnull=False)) for level in Level.values
    }
    found = rows.annotate(text=Max("text"), **counts).order_by("-opened_1", "hint")[:limit]
    return [
        HintCount(
            hint=row["hint"],
            text=row["text"],
            levels=[
                LevelCount(level=level, opened=row[f"opened_{level.value}"], did_not_help=row[f"useless_{level.value}"])
                for level in Level
            ],
        )
        for row in found
    ]
