"""The hints of a finding, for any page that shows a result."""

from typing import Any

from django import template
from django.urls import reverse

from grader.protocol.messages import render_levels
from grader.protocol.reports import Finding
from server.hints.access import access_for, edit_for, sees_edits
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


@register.inclusion_tag("hints/_edit.html", takes_context=True)
def edit(context: Any) -> dict[str, Any]:
    """Show the edit at the line to look at, if it is open to the reader."""
    return {"edit": edit_for(context["request"].user, context["submission"])}


@register.simple_tag(takes_context=True)
def edit_address(context: Any) -> str:
    """Return the address of the edit, for a line that comes later; empty if it is closed to the reader."""
    submission = context["submission"]
    is_open = sees_edits(context["request"].user, submission)
    return reverse("hints:edit", args=[submission.pk]) if is_open else ""


def _every(finding: Finding, submission: Any) -> list[dict[str, Any]]:
    """Return all levels with their texts, and what the learner did with each."""
    used = uses_of(finding, submission)
    texts = render_levels(finding.hint, finding.data).values()
    return [{"level": level, "text": text, "use": used.get(level)} for level, text in zip(Level, texts, strict=False)]
