"""Filters and tags that several of the instructor's pages use."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from server.accounts.models import User
from server.common.highlighting import highlight_python
from server.courses.models import Course
from server.dashboard.selectors.gradebook import GradebookRow, Query, Show
from server.gradebook.accommodations import in_words
from server.gradebook.exports import Format
from server.gradebook.models import Assignment, Grade, GradeChange
from server.gradebook.rules import MoreTime
from server.web.templatetags.web import points

register = template.Library()

FORMATS = {
    Format.CSV: "CSV",
    Format.XLSX: "Excel",
    Format.CANVAS: "Canvas",
    Format.MOODLE: "Moodle",
    Format.GRADESCOPE: "Gradescope",
}
SHOWN = {Show.FINAL: "Points that count", Show.RAW: "Raw points", Show.PENALTY: "Late penalties"}


@register.filter
def may(user: User, permission: str) -> tuple[User, str]:
    """The first half of `user|may:"a.permission"|on:thing`."""
    return user, permission


@register.filter
def on(pair: tuple[User, str], thing: Any) -> bool:
    """Return whether the user of `may` has that permission on a thing."""
    user, permission = pair
    return user.has_perm(permission, thing)


@register.filter
def format_name(form: Format) -> str:
    """Return an export's name."""
    return FORMATS[form]


@register.filter
def show_name(show: Show) -> str:
    """Return the name of what the gradebook shows."""
    return SHOWN[show]


@register.filter
def turned(query: Query, key: Any) -> str:
    """Return the sort order after a click on the head of a column. A second click reverses the order."""
    plain = str(key).removeprefix("-")
    if query.sort.removeprefix("-") != plain:
        return str(key)
    return plain if query.sort.startswith("-") else f"-{plain}"


@register.simple_tag
def sorted_by(query: Query, key: Any) -> SafeString:
    """Return the `aria-sort` attribute of a column head; empty if the table is not sorted by it."""
    if query.sort.removeprefix("-") != str(key):
        return SafeString("")
    return format_html('aria-sort="{}"', "descending" if query.sort.startswith("-") else "ascending")


@register.simple_tag
def grade_columns(course: Course, row: GradebookRow, show: Show) -> SafeString:
    """Return the `<td>` elements of a student in the gradebook: the points, with notes as their title.

    A page has more than a thousand of them, so they are built here, which is faster than a template. They contain only
    keys, numbers, fixed words and the slug of the course; nothing needs to be escaped.
    """
    begin = f"/courses/{quote(course.slug)}/teach/grades"
    return mark_safe("".join(_td(begin, row.student, one, grade, show) for one, grade in row.entries))  # noqa: S308


def _td(begin: str, student: User, assignment: Assignment, grade: Grade | None, show: Show) -> str:
    link = f'<a href="{begin}/{assignment.pk}/{student.pk}/" title="{_note(grade)}">{_points(grade, show)}</a>'
    return f'<td class="number {_kind(grade, assignment)}">{link}</td>'


def _kind(grade: Grade | None, assignment: Assignment) -> str:
    if grade is None or grade.final is None or grade.exempt:
        return "points-none"
    return "points-full" if grade.final >= assignment.points else "points-some"


def _note(grade: Grade | None) -> str:
    if grade is None:
        return "nothing handed in"
    notes = [f"{grade.used} attempt{'' if grade.used == 1 else 's'}"]
    notes += ["overridden"] if grade.override is not None else []
    notes += ["extended"] if grade.is_extended else []
    notes += ["late"] if grade.penalty else []
    notes += [slip_days(grade.slip_days)] if grade.slip_days else []
    return ", ".join(notes)


def _points(grade: Grade | None, show: Show) -> str:
    if grade is None or (grade.final is None and not grade.exempt):
        return "–"
    if grade.exempt:
        return "exempt"
    marks = ("*" if grade.override is not None else "") + ("+" if grade.is_extended else "")
    return points(getattr(grade, show)) + marks


@register.filter
def summary(change: GradeChange) -> str:
    """Return a change in a few words: the points before and after, and what was decided."""
    parts = [f"{points(change.old['final'])} → {points(change.new['final'])}"]
    decided = change.decided
    if "exempt" in decided:
        parts.append("exempt" if decided["exempt"][1] else "no longer exempt")
    if "due_at" in decided or "closes_at" in decided:
        parts.append("more time" if change.new["due_at"] or change.new["closes_at"] else "no more time")
    if "slip_days" in decided:
        parts.append(slip_days(decided["slip_days"][1]))
    if "extra_attempts" in decided:
        parts.append(f"{decided['extra_attempts'][1]} extra attempts")
    return ", ".join(parts)


@register.filter
def more_time(rule: MoreTime) -> str:
    """Return the time that a learner has in every assignment, in words."""
    return in_words(rule)


def slip_days(number: int) -> str:
    """Return how many slip days an assignment uses, in words."""
    return f"{number} slip day{'' if number == 1 else 's'}"


@register.filter
def span(time: timedelta | None) -> str:
    """Return a duration in days, hours or minutes; a dash if there is none."""
    if time is None:
        return "–"
    minutes = time.total_seconds() / 60
    for size, unit in ((1440, "d"), (60, "h")):
        if minutes >= size:
            return f"{minutes / size:.1f} {unit}"
    return f"{minutes:.0f} min"


@register.filter
def highlighted(source: str) -> SafeString:
    """Return Python source as escaped HTML with the classes of its tokens."""
    return highlight_python(source)
