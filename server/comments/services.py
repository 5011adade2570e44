"""Writing comments."""

from server.accounts.models import User
from server.comments.models import Comment
from server.submissions.models import Submission

LONGEST = 5_000


class CommentRejected(Exception):
    """The comment was not kept; the text says why."""


def comment(submission: Submission, *, author: User, text: str) -> Comment:
    """Keep what a teacher says about a submission; CommentRejected where that is nothing, or far too much."""
    said = text.strip()
    if not said:
        raise CommentRejected("Write something first.")
    if len(said) > LONGEST:
        raise CommentRejected(f"A comment has at most {LONGEST} characters.")
    return Comment.objects.create(submission=submission, author=author, text=said)
