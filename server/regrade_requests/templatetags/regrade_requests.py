"""Regrade requests on the pages of apps that do not know them: a submission, the home, the grades, the overview."""

from typing import Any

from django import template

from server.courses.models import Course
from server.courses.visibility import VisiblePeople
from server.regrade_requests import selectors, services
from server.regrade_requests.forms import AskForm
from server.regrade_requests.models import RegradeRequest
from server.submissions.models import Submission

register = template.Library()


@register.inclusion_tag("regrade_requests/_requests.html", takes_context=True)
def regrade_requests(context: Any, submission: Submission) -> dict[str, Any]:
    """Show the requests about a submission, with a form for its learner; answers are then marked as seen."""
    user = context["user"]
    is_own = user.pk == submission.learner_id
    rows = list(selectors.requests_about(submission)) if submission.counts else []
    if is_own:
        services.mark_seen(rows)
    can_ask = is_own and not any(row.is_open for row in rows) and selectors.can_ask(submission)
    until = selectors.asks_until(submission) if can_ask else None
    form = AskForm(titles=selectors.check_titles(submission)) if until else None
    return {
        "submission": submission,
        "rows": rows,
        "is_own": is_own,
        "form": form if user.has_perm("submissions.ask_regrade", submission) else None,
        "until": until,
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag(takes_context=True)
def unseen_request_answers(context: Any, course: Course) -> list[RegradeRequest]:
    """Return the answers to the user's requests that the user has not seen. One query."""
    return selectors.unseen_answers(context["user"], course)


@register.simple_tag
def open_request_count(people: VisiblePeople) -> int:
    """Return how many requests of these people wait for an answer. One query."""
    return selectors.open_count(people)
