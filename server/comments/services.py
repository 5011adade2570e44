"""Writing comments."""

from django.db import transaction

from server.accounts.models import User
from server.comments.models import Comment
from server.comments.signals import comment_written
from server.submissions.models import Submission

LONGEST = 5_000


class CommentRejected(Exception):
    """The comment was not saved; the text says why."""


@transaction.atomic
def comment(submission: Submission, *, author: User, text: str) -> Comment:
    """Save a teacher's comment on a submission. Raises CommentRejected if it is empty or too long."""
    content = text.strip()
    if not content:
        raise CommentRejected("Write something first.")
    if len(content) > LONGEST:
        raise CommentRejected(f"A comment has at most {LONGEST} characters.")
    made = Comment.objects.create(submission=submission, author=author, text=content)
    comment_written.send(sender=Comment, comment=made)
    return made
