"""The comments of a submission, for any page that shows one."""

from typing import Any

from django import template

from server.submissions.models import Submission

register = template.Library()


@register.inclusion_tag("comments/_comments.html")
def comments(submission: Submission) -> dict[str, Any]:
    """Show the comments of teachers on a submission; nothing if there are none."""
    return {"comments": submission.comments.select_related("author")}
