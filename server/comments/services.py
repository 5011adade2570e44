"""Writing comments."""

from server.accounts.models import User
from server.comments.models import Comment
from server.submissions.models import Submission

LONGEST = 5_000


class Unsaid(Exception):
    """The comment was not kept; the text says why."""


def comment(submission: Submission, *, author: User, text: str) -> Comment:
    """Keep what a teacher says about a submission; Unsaid where that is nothing, or far too much."""
    said = text.strip()
    if not said:
        raise Unsaid("Write something first.")
    if len(said) > LONGEST:
        raise Unsaid(f"A comment has at most {LONGEST} characters.")
    return Comment.objects.create(submission=submission, author=author, text=said)
