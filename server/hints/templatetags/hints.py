"""The hints of a finding, for any page that shows a result."""

from typing import Any

from django import template

from grader.protocol.messages import render_levels
from grader.protocol.reports import Finding
from server.hints.access import access_for
from server.hints.models import Level
from server.hints.services import levels_of, uses_of

register = template.Library()


@register.inclusion_tag("hints/_hints.html", takes_context=True)
def hints(context: Any, finding: Finding) -> dict[str, Any]:
    """Show the levels of a finding's hint that are open to the reader; all, and who opened what, to a teacher."""
    submission, request = context["submission"], context["request"]
    access = access_for(request.user, submission)
    shown = {"submission": submission, "request": request, "csrf_token": context.get("csrf_token")}
    if access.sees_all:
        return shown | {"every": _every(finding, submission)}
    return shown | {"levels": levels_of(finding, submission, access)}


def _every(finding: Finding, submission: Any) -> list[dict[str, Any]]:
    """Return all levels with their texts, and what the learner did with each."""
    used = uses_of(finding, submission)
    texts = render_levels(finding.hint, finding.data).values()
    return [{"level": level, "text": text, "use": used.get(level)} for level, text in zip(Level, texts, strict=False)]
