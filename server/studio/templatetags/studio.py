"""Filters of the studio's pages."""

from django import template

from grader.protocol.messages import render_levels
from grader.protocol.reports import Finding

register = template.Library()


@register.filter
def levels(finding: Finding) -> list[str]:
    """Return the texts of the levels of a finding's hint, in order."""
    return [text for text in render_levels(finding.hint, finding.data).values() if text]
