"""Due dates in a rhythm: every so many days, or every so many working days, at the same time on the clock."""

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from server.common.local_times import days_after

SATURDAY = 5


class Rhythm(StrEnum):
    """What a step from one due date to the next counts."""

    DAYS = "days"
    WORKING_DAYS = "working days"


def due_dates(first: datetime, count: int, *, every: int, rhythm: Rhythm, zone: ZoneInfo) -> list[datetime]:
    """Return so many due dates from the first one on. The first one stays as it is, even on a weekend."""
    if rhythm is Rhythm.DAYS:
        return [days_after(first, every * step, zone) for step in range(count)]
    return [days_after(first, _days(first.astimezone(zone), every * step), zone) for step in range(count)]


def _days(first: datetime, working_days: int) -> int:
    """Return how many days from a local time it is so many working days later."""
    day, left = 0, working_days
    while left:
        day += 1
        left -= (first + timedelta(days=day)).weekday() < SATURDAY
    return day
