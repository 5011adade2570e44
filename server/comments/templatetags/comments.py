"""Comments on the pages of apps that do not know them: the home of a course, the grades, a submission."""

from typing import Any

from django import template

from server.comments import selectors
from server.comments.sections import comments_section, threads_on_page
from server.comments.selectors import UnreadComments
from server.courses.models import Course
from server.courses.visibility import VisiblePeople
from server.gradebook.models import Assignment
from server.submissions.models import Submission

register = template.Library()


@register.inclusion_tag("comments/_comments.html", takes_context=True)
def comments(context: Any, submission: Submission) -> dict[str, Any]:
    """Show the comments on a submission to the user of the page, with forms; they are then marked as read."""
    page = {name: context.get(name) for name in ("csrf_token", "in_editor")}
    return comments_section(context["user"], submission) | page


@register.simple_tag(takes_context=True)
def comment_marks(context: Any, submission: Submission) -> dict[int, str]:
    """Return the lines at which threads end, each with the id of its thread, for `code_lines`."""
    return selectors.marked_lines(threads_on_page(context["user"], submission))


@register.simple_tag(takes_context=True)
def unread_comments(context: Any, course: Course) -> dict[int, UnreadComments]:
    """Return the comments in a course on the user's submissions that are new to the user, by assignment. One query."""
    return {one.assignment.pk: one for one in selectors.unread_of(context["user"], course)}


@register.simple_tag(takes_context=True)
def unread_comments_about(context: Any, assignment: Assignment) -> list[UnreadComments]:
    """Return the comments on the user's submissions to one assignment that the user has not seen. One query."""
    return selectors.unread_of(context["user"], assignment.course, assignment=assignment)


@register.simple_tag(takes_context=True)
def unread_answer_count(context: Any, people: VisiblePeople) -> int:
    """Return how many comments of these learners a teacher has not read. One query."""
    return selectors.unread_answers(context["user"], people).count()


@register.filter
def item(rows: dict[Any, Any], key: Any) -> Any:
    """Return the value of a key in a dictionary; None if it has none."""
    return rows.get(key)
