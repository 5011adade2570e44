"""The text of a calendar: read back with a small reader that follows RFC 5545."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from server.calendars.ics import LINE, CalendarEvent, calendar, fold

AT = datetime(2027, 3, 28, 0, 59, 30, tzinfo=UTC)


def event(**fields):
    return CalendarEvent(**{"uid": "a@b", "at": AT, "title": "t", "text": "x", "url": "https://b/c"} | fields)


def read(text):
    """Return the content lines as (name, value), as a calendar program reads them."""
    assert text.endswith("\r\n")
    unfolded = text.replace("\r\n ", "").split("\r\n")[:-1]
    return [tuple(line.split(":", 1)) for line in unfolded]


def unescape(value):
    out, escaped = "", False
    for character in value:
        if escaped:
            out, escaped = out + {"n": "\n", "N": "\n"}.get(character, character), False
        elif character == "\\":
            escaped = True
        else:
            assert character not in ";,"
            out += character
    return out


def value_of(text, name):
    return next(value for one, value in read(text) if one == name)


def test_times_are_in_utc_and_have_no_end():
    text = calendar([event()], name="n", now=datetime(2027, 1, 1, tzinfo=UTC))

    assert value_of(text, "DTSTART") == "20270328T005930Z"
    assert value_of(text, "DTSTAMP") == "20270101T000000Z"
    assert "DTEND" not in text


def test_the_frame_is_what_the_standard_wants():
    names = [name for name, _ in read(calendar([event(), event(uid="c")], name="n", now=AT))]

    assert names[:2] == ["BEGIN", "VERSION"]
    assert {"PRODID", "METHOD", "CALSCALE"} < set(names)
    assert (names.count("BEGIN"), names.count("END"), names.count("UID")) == (3, 3, 2)
    assert calendar([], name="n", now=AT).startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")


@given(st.text(max_size=200))
def test_every_text_comes_back_and_breaks_no_line(title):
    text = calendar([event(title=title)], name="n", now=AT)

    lines = text.split("\r\n")
    assert all(len(line.encode("utf-8", "surrogatepass")) <= LINE for line in lines)
    kept = "".join(one for one in title.replace("\r\n", "\n").replace("\r", "\n") if one >= " " or one in "\t\n")
    assert unescape(value_of(text, "SUMMARY")) == kept.replace("\x7f", "")
    assert text.count("BEGIN:VEVENT") == 1 or "BEGIN:VEVENT" in title


def test_no_character_is_cut_in_two():
    parts = list(fold("SUMMARY:" + "é" * 100))

    assert all(len(part.encode()) <= LINE for part in parts)
    assert "".join(part.removeprefix(" ") for part in parts) == "SUMMARY:" + "é" * 100
