"""Every write to comments.

comment       write one: on the whole submission, or on lines of its code
edit          change the text of one's own; the earlier text is kept
delete        take one away from the page; the text is kept for instructors
mark_read     note that comments were shown to a person
keep, forget  the texts that a course keeps for reuse
"""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from server.accounts.models import User
from server.audit.models import AuditAction
from server.audit.services import record
from server.comments.models import Comment, CommentRead, CommentVersion, SavedComment
from server.comments.signals import comment_written
from server.courses.models import Course
from server.submissions.models import Submission

LONGEST = 5_000
# How many comments one person writes within a day: a learner, and a teacher with hundreds of students.
MOST_PER_DAY, MOST_PER_DAY_OF_TEACHERS = 50, 2_000
# A page shows all comments of a submission.
MOST_ON_SUBMISSION = 200
MOST_SAVED = 100

Lines = tuple[int, int]


class CommentRejected(Exception):
    """The comment was not saved; the text says why."""


@transaction.atomic
def comment(submission: Submission, *, author: User, text: str, lines: Lines | None = None) -> Comment:
    """Save a comment on a submission, or on the lines of its code from the first to the last, counted from 1.

    Raises CommentRejected if it is empty or too long, if there are no such lines, or if the author wrote too many
    today. The caller has checked the permission.
    """
    content = checked(text)
    _check_lines(submission, lines)
    User.objects.select_for_update(no_key=True).get(pk=author.pk)  # two requests at once count one after the other
    _check_count(submission, author)
    first, last = lines or (None, None)
    made = Comment.objects.create(submission=submission, author=author, text=content, first_line=first, last_line=last)
    comment_written.send(sender=Comment, comment=made)
    return made


@transaction.atomic
def edit(comment: Comment, *, text: str) -> Comment:
    """Change the text of a comment, for its author. Raises CommentRejected if the text is refused or it was deleted."""
    content = checked(text)
    row = _locked(comment)
    if content != row.text:
        now = timezone.now()
        CommentVersion.objects.create(comment=row, text=row.text, until=now)
        row.text, row.edited_at = content, now
        row.save(update_fields=["text", "edited_at"])
    return row


@transaction.atomic
def delete(comment: Comment, *, by: User) -> None:
    """Delete a comment: nobody but instructors reads it any more. Raises CommentRejected if it was deleted before."""
    row = _locked(comment)
    row.deleted_at, row.deleted_by = timezone.now(), by
    row.save(update_fields=["deleted_at", "deleted_by"])
    assignment = row.submission.assignment
    record(
        AuditAction.COMMENT_DELETED, course=assignment.course, by=by, about=row.submission.learner, what=assignment.slug
    )


def mark_read(comments: Iterable[Comment], user: User) -> None:
    """Note that these comments were shown to a person. What was noted before stays as it is."""
    rows = [CommentRead(comment=one, user=user) for one in comments]
    if rows:
        CommentRead.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def keep(course: Course, *, by: User, text: str) -> SavedComment:
    """Keep a text for reuse, once. Raises CommentRejected if it is refused, or if the course has too many."""
    content = checked(text)
    Course.objects.select_for_update(no_key=True).get(pk=course.pk)
    if known := course.saved_comments.filter(text=content).first():
        return known
    if course.saved_comments.count() >= MOST_SAVED:
        raise CommentRejected(f"A course keeps at most {MOST_SAVED} comments. Delete one that you do not use.")
    return SavedComment.objects.create(course=course, by=by, text=content)


def forget(course: Course, pk: int) -> bool:
    """Keep a text no more, and return whether it was kept. The comments that were made with it stay."""
    deleted, _ = course.saved_comments.filter(pk=pk).delete()
    return deleted > 0


def checked(text: str) -> str:
    """Return a text as it is stored. Raises CommentRejected with a sentence if nobody can store or read it."""
    content = text.replace("\r\n", "\n").strip()
    if not content:
        raise CommentRejected("Write something first.")
    if len(content) > LONGEST:
        raise CommentRejected(f"A comment has at most {LONGEST} characters. This one has {len(content)}.")
    if "\0" in content:
        raise CommentRejected("The text has a character that cannot be stored (code 0). Remove it.")
    return content


def _check_lines(submission: Submission, lines: Lines | None) -> None:
    if lines is None:
        return
    first, last = lines
    count = len(submission.source.rstrip("\n").split("\n")) if submission.source else 0
    if not 1 <= first <= last <= count:
        raise CommentRejected(
            f"This code has the lines 1 to {count}. Choose lines from these, the first one before the last."
            if count
            else "The code was deleted after its time. Write about the whole submission."
        )


def _check_count(submission: Submission, author: User) -> None:
    if submission.comments.count() >= MOST_ON_SUBMISSION:
        raise CommentRejected(f"A submission has at most {MOST_ON_SUBMISSION} comments.")
    most = MOST_PER_DAY if author.pk == submission.learner_id else MOST_PER_DAY_OF_TEACHERS
    today = Comment.objects.filter(author=author, at__gte=timezone.now() - timedelta(days=1))
    if today.count() >= most:
        raise CommentRejected(f"You wrote {most} comments within a day. Write the next one tomorrow.")


def _locked(comment: Comment) -> Comment:
    rows = Comment.objects.select_for_update(of=("self",)).select_related("submission__assignment__course")
    row = rows.select_related("submission__learner").get(pk=comment.pk)
    if row.deleted_at is not None:
        raise CommentRejected("This comment was deleted.")
    return row
