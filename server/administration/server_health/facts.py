"""What a part of the server reports."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.utils import timezone

UNITS = ("bytes", "kB", "MB", "GB", "TB")


class Severity(StrEnum):
    """How good a fact is. Only `BAD` makes `manage.py serverhealth` fail."""

    GOOD = "good"
    NOTE = "note"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthFact:
    """Something that is known: a name, a value in words, how good that is, and the next step if it is not good."""

    name: str
    value: str
    level: Severity = Severity.GOOD
    todo: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthPart:
    """A part of the server, with its facts."""

    title: str
    facts: list[HealthFact] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerHealth:
    """All parts, at a moment. `is_complete` is false if a part did not answer in time, and still waits."""

    parts: list[HealthPart]
    at: datetime
    is_complete: bool = True

    @property
    def todos(self) -> list[tuple[HealthPart, HealthFact]]:
        """What needs somebody, the worst first, each with its part."""
        needed = [(part, fact) for part in self.parts for fact in part.facts if fact.todo]
        return sorted(needed, key=lambda one: one[1].level is not Severity.BAD)

    @property
    def is_bad(self) -> bool:
        """Whether something does not work now."""
        return any(fact.level is Severity.BAD for part in self.parts for fact in part.facts)


def size(count: float) -> str:
    """Return a number of bytes in words: "3.2 GB"."""
    for unit in UNITS:
        if abs(count) < 1000 or unit == UNITS[-1]:
            return f"{count:.0f} {unit}" if unit == UNITS[0] else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError


def age(moment: datetime, now: datetime | None = None) -> str:
    """Return how long ago a moment was, in words: "3 minutes ago"."""
    return f"{duration(((now or timezone.now()) - moment).total_seconds())} ago"


def duration(seconds: float) -> str:
    """Return a time in words, in its largest unit: "3 minutes"."""
    for length, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{max(0, seconds):.0f} seconds"


def count_of(number: int, one: str, many: str = "") -> str:
    """Return a number with its word: "1 mail", "2 mails"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
