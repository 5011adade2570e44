"""Totals of a course on pages."""

from fractions import Fraction

from django import template

from server.gradebook.totals import CourseTotal, rounded
from server.web.templatetags.web import points

register = template.Library()


@register.filter
def total(course_total: CourseTotal) -> str:
    """Return a total: in percent if the units have weights, else in points; a dash if nothing counts."""
    if course_total.share is None:
        return "–"
    if course_total.is_weighted:
        return percent(course_total.share)
    return f"{points(float(course_total.points))} of {points(float(course_total.max_points))}"


@register.filter
def unit_title(unit: str) -> str:
    """Return a unit as pages name it."""
    return unit.replace("-", " ").capitalize()


@register.filter
def percent(share: Fraction | None) -> str:
    """Return a share in percent, with at most two decimals, such as "87.5 %"; a dash for none."""
    return "–" if share is None else f"{points(float(rounded(100 * share)))} %"


@register.filter
def exact_points(number: Fraction) -> str:
    """Return points that were computed exactly, as pages show points."""
    return points(float(rounded(number)))
