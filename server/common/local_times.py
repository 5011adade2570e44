"""Times on the clocks of a place, where days are longer or shorter when the clocks change.

In spring some times do not exist, and in autumn some exist twice. If such a time follows from a rule, such as "a day
later", the later of the two moments counts, in the learner's favour. If a person enters it, `moment_of` says so.
"""

from datetime import UTC, datetime, timedelta, tzinfo

from django.core.exceptions import ValidationError
from django.utils import timezone

FIRST_YEAR, LAST_YEAR = 2000, 2100


def moments_of(local: datetime, zone: tzinfo) -> list[datetime]:
    """Return the moments at which clocks in a zone show a time, in UTC and in order: none, one or two."""
    found = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(moment for moment in found if moment.astimezone(zone).replace(tzinfo=None) == local)


def later_moment(local: datetime, zone: tzinfo) -> datetime:
    """Return the moment at which clocks in a zone show a time; the later one if the clocks change then."""
    return max(local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


def moment_of(local: datetime, zone: tzinfo) -> datetime:
    """Return the moment of a time that a person entered. Of a time that exists twice it is the second.

    Raises ValidationError if the time does not exist, or its year is out of range.
    """
    check_year(local)
    found = moments_of(local, zone)
    if not found:
        clock = later_moment(local, zone).astimezone(zone)
        raise ValidationError(
            f"On {local.day} {local:%B %Y} there is no {local:%H:%M} in {zone}, because the clocks go forward. "
            f"Choose {clock:%H:%M}, for example."
        )
    return found[-1]


def check_year(moment: datetime) -> None:
    """Raise ValidationError if a year is out of range: the rules of time zones are not known there."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValidationError(f"Choose a year from {FIRST_YEAR} to {LAST_YEAR}.")


def is_twice(local: datetime, zone: tzinfo) -> bool:
    """Whether clocks in a zone show a time twice, because they go back."""
    return len(moments_of(local, zone)) > 1


def days_after(moment: datetime, days: int, zone: tzinfo) -> datetime:
    """Return the same time on the clock so many calendar days later."""
    local = moment.astimezone(zone).replace(tzinfo=None)
    return later_moment(local + timedelta(days=days), zone) if days else moment


def days_between(start: datetime, moment: datetime, zone: tzinfo) -> int:
    """Return the number of calendar days begun from a start to a moment; 0 if the moment is not after the start."""
    if moment <= start:
        return 0
    days = max(1, (moment.astimezone(zone).date() - start.astimezone(zone).date()).days - 1)
    while days_after(start, days, zone) < moment:
        days += 1
    return days


def zone_word(moment: datetime) -> str:
    """Return the short name of a local time's zone, such as "CET"; if it has none, its offset: "UTC-03:00"."""
    name = moment.tzname() or ""
    return name if name.isalpha() else f"UTC{moment.isoformat()[-6:]}"


def in_words(moment: datetime, zone: tzinfo | None = None, *, seconds: bool = False) -> str:
    """Return a moment as people read it, with its zone: "2 Dec 2026, 23:59 CET". `zone` is the reader's by default."""
    local = timezone.localtime(moment, zone)
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    return f"{local.day} {local:%b %Y}, {clock} {zone_word(local)}"
