"""What the section of comments on a page shows."""

from typing import Any

from django.urls import reverse

from server.accounts.models import User
from server.comments import selectors, services
from server.comments.selectors import Thread
from server.submissions.models import Submission


def place_of(user: User, submission: Submission) -> str:
    """Return the address of the page on which a person sees a submission."""
    if user.pk == submission.learner_id:
        return submission.get_absolute_url()
    return reverse("dashboard:submission", args=[submission.course.slug, submission.pk])


def threads_on_page(user: User, submission: Submission) -> list[Thread]:
    """Return the threads of a submission. They are read once for a page: its code and its comments both need them."""
    known: dict[int, list[Thread]] = submission.__dict__.setdefault("_threads", {})
    if user.pk not in known:
        known[user.pk] = selectors.threads(user, submission)
    return known[user.pk]


def comments_section(user: User, submission: Submission) -> dict[str, Any]:
    """Return the context of `comments/_comments.html` for a person, and mark as read what it shows."""
    threads = threads_on_page(user, submission)
    new = [one.comment for thread in threads for one in thread.comments if one.is_new]
    services.mark_read(new, user)
    teaches = user.pk != submission.learner_id and user.has_perm("submissions.comment", submission)
    return {
        "user": user,
        "submission": submission,
        "threads": threads,
        "place": place_of(user, submission),
        "teaches": teaches,
        "can_write": user.has_perm("submissions.discuss", submission),
        "saved_comments": list(submission.course.saved_comments.values_list("text", flat=True)) if teaches else [],
    }
