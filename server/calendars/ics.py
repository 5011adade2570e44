"""Writes a calendar as text: the part of RFC 5545 that a list of due dates needs."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

# The most bytes of a line, without its end (RFC 5545, 3.1).
LINE = 75
# Characters that no text of a calendar can have.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ESCAPED = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}


@dataclass(frozen=True, kw_only=True, slots=True)
class CalendarEvent:
    """Something that is due. `uid` stays the same when title or date change: calendars then move the event."""

    uid: str
    at: datetime
    title: str
    text: str
    url: str


def calendar(events: Iterable[CalendarEvent], *, name: str, now: datetime) -> str:
    """Return a calendar with these events, with the lines' ends as the standard wants them."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Chainrule//Due dates//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{_escaped(name)}",
        f"X-WR-CALNAME:{_escaped(name)}",
        # How often to ask again. Calendars can ask less often.
        "REFRESH-INTERVAL;VALUE=DURATION:PT4H",
        "X-PUBLISHED-TTL:PT4H",
    ]
    for event in events:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_escaped(event.uid)}",
            f"DTSTAMP:{_moment(now)}",
            # Without an end, an event with a time lasts no time (RFC 5545, 3.6.1).
            f"DTSTART:{_moment(event.at)}",
            f"SUMMARY:{_escaped(event.title)}",
            f"DESCRIPTION:{_escaped(event.text)}",
            f"URL:{_CONTROL.sub('', event.url)}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    return "".join(f"{part}\r\n" for line in [*lines, "END:VCALENDAR"] for part in fold(line))


def fold(line: str) -> Iterator[str]:
    """Yield a line in parts of at most 75 bytes each; all but the first begin with a space. No character is cut."""
    part, size = "", 0
    for character in line:
        width = len(character.encode())
        if size + width > LINE:
            yield part
            part, size = " ", 1
        part, size = part + character, size + width
    yield part


def _escaped(text: str) -> str:
    plain = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(_ESCAPED.get(character, character) for character in plain)


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
