"""What the instructor's pages say in many places."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from server.accounts.models import User
from server.courses.models import Course
from server.dashboard.selectors.gradebook import Query, Row, Show
from server.gradebook.exports import Format
from server.gradebook.models import Assignment, Grade, GradeChange
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
    """Begin to ask `user|may:"a.permission"|on:thing`."""
    return user, permission


@register.filter
def on(asked: tuple[User, str], thing: Any) -> bool:
    """Return whether the user of `may` has that permission on a thing."""
    user, permission = asked
    return user.has_perm(permission, thing)


@register.filter
def format_name(form: Format) -> str:
    """Return an export's name."""
    return FORMATS[form]


@register.filter
def show_name(show: Show) -> str:
    """Return what the gradebook's cells show."""
    return SHOWN[show]


@register.filter
def turned(query: Query, key: Any) -> str:
    """Return the sort order that a click on a column's head asks for: the same column again turns it around."""
    plain = str(key).removeprefix("-")
    if query.sort.removeprefix("-") != plain:
        return str(key)
    return plain if query.sort.startswith("-") else f"-{plain}"


@register.simple_tag
def sorted_by(query: Query, key: Any) -> SafeString:
    """Return how a column's head says that the table is sorted by it."""
    if query.sort.removeprefix("-") != str(key):
        return SafeString("")
    return format_html('aria-sort="{}"', "descending" if query.sort.startswith("-") else "ascending")


@register.simple_tag
def grade_cells(course: Course, row: Row, show: Show) -> SafeString:
    """Return a student's cells of the gradebook: the points, and in words what is special about them.

    A page has more than a thousand of them, so they are put together here and not by a template. Nothing in them is
    anybody's text: keys, numbers, words of ours, and the slug of the course.
    """
    begin = f"/courses/{quote(course.slug)}/teach/grades"
    return mark_safe("".join(_td(begin, row.student, one, grade, show) for one, grade in row.cells))  # noqa: S308


def _td(begin: str, student: User, assignment: Assignment, grade: Grade | None, show: Show) -> str:
    link = f'<a href="{begin}/{assignment.pk}/{student.pk}/" title="{_note(grade)}">{_cell(grade, show)}</a>'
    return f'<td class="number {_kind(grade, assignment)}">{link}</td>'


def _kind(grade: Grade | None, assignment: Assignment) -> str:
    if grade is None or grade.final is None or grade.exempt:
        return "cell-none"
    return "cell-full" if grade.final >= assignment.points else "cell-some"


def _note(grade: Grade | None) -> str:
    if grade is None:
        return "nothing handed in"
    notes = [f"{grade.used} attempt{'' if grade.used == 1 else 's'}"]
    notes += ["overridden"] if grade.override is not None else []
    notes += ["extended"] if grade.is_extended else []
    notes += ["late"] if grade.penalty else []
    return ", ".join(notes)


def _cell(grade: Grade | None, show: Show) -> str:
    if grade is None or (grade.final is None and not grade.exempt):
        return "–"
    if grade.exempt:
        return "exempt"
    marks = ("*" if grade.override is not None else "") + ("+" if grade.is_extended else "")
    return points(getattr(grade, show)) + marks


@register.filter
def told(change: GradeChange) -> str:
    """Return a change as a few words: the points before and after, and what was decided."""
    said = [f"{points(change.old['final'])} → {points(change.new['final'])}"]
    decided = change.decided
    if "exempt" in decided:
        said.append("exempt" if decided["exempt"][1] else "no longer exempt")
    if "due_at" in decided or "closes_at" in decided:
        said.append("more time" if change.new["due_at"] or change.new["closes_at"] else "no more time")
    if "extra_attempts" in decided:
        said.append(f"{decided['extra_attempts'][1]} extra attempts")
    return ", ".join(said)


@register.filter
def span(time: timedelta | None) -> str:
    """Return a time in its largest sensible unit."""
    if time is None:
        return "–"
    minutes = time.total_seconds() / 60
    for size, unit in ((1440, "d"), (60, "h")):
        if minutes >= size:
            return f"{minutes / size:.1f} {unit}"
    return f"{minutes:.0f} min"


@register.filter
def highlighted(source: str) -> SafeString:
    """Return Python source with Pygments' classes; it escapes whatever the source holds."""
    return mark_safe(highlight(source, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)))  # noqa: S308
