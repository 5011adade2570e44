"""Tags and filters for every template: icons, points, due dates, and sentences with code."""

import re
from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from grader import VERSION
from server.common.highlighting import number_lines
from server.common.local_times import in_words, zone_word

register = template.Library()

CODE = re.compile(r"`([^`]+)`")
# Show "in N days" below the first number of days; mark a date as near up to the second.
COUNTED, NEAR = 7, 2


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return an icon. Its meaning must also be written beside it."""
    address = static("icons.svg")
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', address, name)


@register.simple_tag
def version() -> str:
    """Return the version of Chainrule."""
    return VERSION


@register.filter
def moment(at: datetime | None, form: str = "") -> str:
    """Return a time with its zone: "2 Dec 2026, 23:59 CET"; with the form "seconds", to the second. "" without one."""
    return in_words(at, seconds=form == "seconds") if at else ""


@register.filter
def points(number: float | str | None) -> str:
    """Return points without empty decimals; a dash if the value is missing (None, or "" in a template)."""
    return "–" if number is None or isinstance(number, str) else f"{number:.2f}".rstrip("0").rstrip(".")


@register.simple_tag
def score(submission: Any, assignment: Any) -> str:
    """Return what a submission got, in the assignment's points: "40 of 100"."""
    return f"{points(submission.fraction * assignment.points)} of {points(assignment.points)}"


@register.filter
def digits(number: float | None) -> str:
    """Return a number with five digits; a dash if it is missing or not finite."""
    return f"{number:.5g}" if isinstance(number, int | float) and isfinite(number) else "–"


@register.simple_tag
def due(moment: datetime, now: datetime | None = None) -> SafeString:
    """Return when something is or was due: the nearer, the more exact. The class says if it is near or over."""
    now, then = timezone.localtime(now), timezone.localtime(moment)
    days = (then.date() - now.date()).days
    kind = "over" if then < now else "near" if days <= NEAR else "far"
    return format_html('<span class="due-{}">{} {}</span>', kind, "was due" if then < now else "due", _day(then, days))


def _day(then: datetime, days: int) -> str:
    if days in {0, 1}:
        return f"{'tomorrow' if days else 'today'}, {then:%H:%M} {zone_word(then)}"
    return f"in {days} days" if 0 < days < COUNTED else f"{then.day} {then:%B}"


@register.simple_tag
def code_lines(source: str, marked: int | None = None, links: Mapping[int, str] | None = None) -> SafeString:
    """Return Python source as HTML, each line with a number; the line `marked` is the one to look at.

    `links` has ids of comments by line, to which these lines lead.
    """
    return number_lines(source, marked, links)


@register.filter
def sentence(text: str | None) -> SafeString:
    """Return a sentence with the text between backticks as code. Everything else is escaped."""
    return mark_safe(CODE.sub(r"<code>\1</code>", str(escape(text or ""))))  # noqa: S308 escaped before
