"""Template tags and filters of LTI's pages, and of all pages in a frame."""

from typing import Any

from django import template

from server.courses.models import Course
from server.lti.grades.explanations import AnswerMeaning, explain
from server.lti.launch.outside import make_pass
from server.web.templatetags.web import points

register = template.Library()


@register.filter
def share(part: float | None) -> str:
    """Return a share (0 to 1) in percent; a dash if there is no grade."""
    return "–" if part is None else f"{points(100 * part)} %"


@register.filter
def explained(raw: str) -> AnswerMeaning:
    """Return what a platform's answer means, in words, and what to do."""
    return explain(raw)


@register.simple_tag(takes_context=True)
def teaching_pass(context: dict[str, Any]) -> dict[str, Any] | None:
    """Return the course of this page and a pass to its teaching pages; None if the person does not teach it."""
    course = _course_of(context)
    user = context["request"].user
    if course is None or not user.is_authenticated:
        return None
    if not (user.has_perm("courses.teach", course) or getattr(context["request"], "student_view", False)):
        return None
    return {"course": course, "text": make_pass(user, course)}


def _course_of(context: dict[str, Any]) -> Course | None:
    """Return the course that a page is about, as far as its context names it."""
    if isinstance(course := context.get("course"), Course):
        return course
    for name in ("assignment", "submission"):
        if isinstance(course := getattr(context.get(name), "course", None), Course):
            return course
    return None
