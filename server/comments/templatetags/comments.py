"""The comments of a submission, for any page that shows one."""

from typing import Any

from django import template

from server.submissions.models import Submission

register = template.Library()


@register.inclusion_tag("comments/_comments.html")
def comments(submission: Submission) -> dict[str, Any]:
    """Show what teachers said about a submission; nothing where nobody said anything."""
    return {"comments": submission.comments.select_related("author")}
