"""Time zones by their names in the IANA database, such as "Europe/Berlin"."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError

LONGEST_ZONE = 64
# Names of no place: of this file system, of this machine, and of zones that nobody lives in.
_NO_PLACE = ("Etc/", "SystemV/", "posix/", "right/", "Factory", "localtime")


@cache
def zone_names() -> tuple[str, ...]:
    """Return the names of the zones that people can choose, sorted: those of places, and UTC."""
    places = (name for name in available_timezones() if "/" in name and not name.startswith(_NO_PLACE))
    return ("UTC", *sorted(places))


def check_zone(name: str) -> None:
    """Raise ValidationError if there is no zone of this name."""
    if name not in zone_names():
        raise ValidationError("There is no time zone of this name. Choose one from the list.")


def find_zone(name: str) -> ZoneInfo:
    """Return the zone of a name, or the installation's if the name is empty."""
    return ZoneInfo(name or settings.TIME_ZONE)


def zone_choices(when_empty: str) -> list[tuple[str, str]]:
    """Return the choices of a form; the first one, with these words, is the empty name."""
    return [("", when_empty), *((name, name.replace("_", " ")) for name in zone_names())]
