"""Reading comments.

Teachers see every comment of the people whom they see. Learners see those on their own submissions, without deleted
ones; those of teachers only while results are not held back (`server.gradebook.held_results`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from server.accounts.models import User
from server.comments.models import Comment, CommentRead, CommentVersion
from server.comments.rendering import comment_html
from server.comments.services import Lines
from server.courses.models import Course
from server.courses.selectors import check_permission
from server.courses.visibility import VisiblePeople
from server.gradebook.held_results import hides_results
from server.gradebook.models import Assignment
from server.submissions.models import Submission

PER_PAGE = 50
# How many lines of code a thread shows.
MOST_SHOWN = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownComment:
    """A comment as a person sees it.

    `is_new` if it was not shown to the person before. `versions` are the earlier texts, for instructors.
    """

    comment: Comment
    html: str
    is_new: bool
    can_edit: bool
    can_delete: bool
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Thread:
    """The comments about the same lines of a submission, oldest first; `lines` is None for the whole submission.

    `code` has the lines, each with its number; it is cut after `MOST_SHOWN` lines, and then `is_cut`.
    """

    lines: Lines | None
    comments: list[ShownComment]
    code: list[tuple[int, str]]
    is_cut: bool

    @property
    def key(self) -> str:
        """What tells it from the other threads of a submission, for ids."""
        return "all" if self.lines is None else f"{self.lines[0]}-{self.lines[1]}"

    @property
    def title(self) -> str:
        """What it is about."""
        return lines_in_words(self.lines)


def lines_in_words(lines: Lines | None) -> str:
    """Return what a comment is about, in words."""
    if lines is None:
        return "The whole submission"
    first, last = lines
    return f"Line {first}" if first == last else f"Lines {first} to {last}"


def comments_for(viewer: User, submission: Submission) -> QuerySet[Comment]:
    """Return the comments on a submission that a person who can see it reads, oldest first."""
    rows = submission.comments.all()
    if viewer.has_perm("courses.manage", submission):
        return rows
    rows = rows.filter(deleted_at=None)
    is_hidden = viewer.pk == submission.learner_id and hides_results(viewer, submission.assignment)
    return rows.filter(author=submission.learner_id) if is_hidden else rows


def threads(viewer: User, submission: Submission) -> list[Thread]:
    """Return the threads of a submission: first the one about all of it, then by line. Two queries, three with edits.

    Nothing is marked as read.
    """
    rows = comments_for(viewer, submission).select_related("author", "deleted_by")
    read = CommentRead.objects.filter(comment=OuterRef("pk"), user=viewer)
    found = list(rows.annotate(was_read=Exists(read)))
    manages = viewer.has_perm("courses.manage", submission)
    writes = viewer.has_perm("submissions.discuss", submission)
    versions = _versions(found) if manages else {}
    grouped: dict[Lines | None, list[ShownComment]] = defaultdict(list)
    for row in found:
        row.submission = submission
        is_own, is_left = row.author_id == viewer.pk, row.deleted_at is None
        can_change = writes and is_left
        shown = ShownComment(
            comment=row,
            html=comment_html(row.text),
            is_new=not is_own and is_left and not row.was_read,
            can_edit=is_own and can_change,
            can_delete=(is_own or manages) and can_change,
            versions=tuple(versions.get(row.pk, ())),
        )
        grouped[row.lines].append(shown)
    source = submission.source.split("\n")
    return [_thread(lines, grouped[lines], source) for lines in sorted(grouped, key=lambda lines: lines or (0, 0))]


def _versions(rows: Iterable[Comment]) -> dict[int, list[str]]:
    edited = [row.pk for row in rows if row.edited_at is not None]
    found: dict[int, list[str]] = defaultdict(list)
    for pk, text in CommentVersion.objects.filter(comment__in=edited).values_list("comment", "text") if edited else ():
        found[pk].append(text)
    return found


def _thread(lines: Lines | None, comments: list[ShownComment], source: list[str]) -> Thread:
    first, last = lines or (1, 0)
    until = min(last, first + MOST_SHOWN - 1)
    code = list(enumerate(source[first - 1 : until], first)) if lines else []
    return Thread(lines=lines, comments=comments, code=code, is_cut=until < last)


def marked_lines(threads: Iterable[Thread]) -> dict[int, str]:
    """Return the last line of each thread that is about lines, with the id of the thread."""
    return {one.lines[1]: f"thread-{one.key}" for one in threads if one.lines}


def get_comment(user: User, pk: int, *, permission: str) -> Comment:
    """Return a comment that a person can read and that was not deleted. Raises the errors of `check_permission`."""
    rows = Comment.objects.select_related("author", "submission__assignment__course", "submission__learner")
    row = get_object_or_404(rows, pk=pk, deleted_at=None)
    submission = row.submission
    check_permission(user, "submissions.view", submission)
    check_permission(user, permission, submission)
    if not comments_for(user, submission).filter(pk=pk).exists():
        raise Http404
    return row


@dataclass(frozen=True, kw_only=True, slots=True)
class UnreadComments:
    """New comments on a learner's submissions to one assignment; `submission` is the one with the newest of them."""

    assignment: Assignment
    submission: Submission
    count: int


def unread_of(learner: User, course: Course, *, assignment: Assignment | None = None) -> list[UnreadComments]:
    """Return the comments of teachers that a learner has not seen, by assignment, in the course's order. One query."""
    rows = _unread(learner).filter(submission__learner=learner, submission__assignment__course=course)
    if assignment is not None:
        rows = rows.filter(submission__assignment=assignment)
    rows = rows.select_related("submission__assignment__course").defer("submission__source", "submission__report")
    found: dict[int, list[Comment]] = defaultdict(list)
    for row in rows.order_by("pk"):
        if not hides_results(learner, row.submission.assignment):
            found[row.submission.assignment_id].append(row)
    unread = [
        UnreadComments(assignment=rows[-1].submission.assignment, submission=rows[-1].submission, count=len(rows))
        for rows in found.values()
    ]
    return sorted(unread, key=lambda one: (one.assignment.position, one.assignment.slug))


def _unread(user: User) -> QuerySet[Comment]:
    """Return the comments of others that were not shown to a person."""
    read = CommentRead.objects.filter(comment=OuterRef("pk"), user=user)
    return Comment.objects.filter(~Exists(read), deleted_at=None).exclude(author=user)


class InboxFilter(StrEnum):
    """Which threads the teachers' inbox lists."""

    UNREAD = "unread"
    WAITING = "waiting"
    ALL = "all"


@dataclass(frozen=True, kw_only=True, slots=True)
class InboxThread:
    """A thread of the inbox, by its last comment: how many comments of the learner the teacher has not read."""

    last: Comment
    unread: int

    @property
    def about(self) -> str:
        """What it is about, in words."""
        return lines_in_words(self.last.lines)


def unread_answers(viewer: User, people: VisiblePeople) -> QuerySet[Comment]:
    """Return the comments of learners of a course, among these people, that a teacher has not read."""
    about = people.about("submission__learner")
    rows = _unread(viewer).filter(about, submission__assignment__course=people.course)
    return rows.filter(author=F("submission__learner"))


def inbox(viewer: User, people: VisiblePeople, which: InboxFilter, page: str) -> "Page[Any]":
    """Return a page of the threads of these people, the one with the newest comment first. Four queries.

    A thread waits for an answer if the learner wrote last.
    """
    about = people.about("submission__learner")
    rows = Comment.objects.filter(about, submission__assignment__course=people.course, deleted_at=None)
    unread = unread_answers(viewer, people)
    by_thread = rows.order_by().values("submission", "first_line", "last_line").annotate(newest=Max("pk"))
    if which is InboxFilter.UNREAD:
        fresh = Count("pk", filter=Q(pk__in=unread.values("pk")))
        by_thread = by_thread.annotate(fresh=fresh).filter(fresh__gt=0)
    lasts = Comment.objects.filter(pk__in=by_thread.values("newest"))
    if which is InboxFilter.WAITING:
        lasts = lasts.filter(author=F("submission__learner"))
    lasts = lasts.select_related("author", "submission__learner", "submission__assignment__course")
    newest = lasts.defer("submission__source", "submission__report").order_by("-pk")
    shown: Page[Any] = Paginator(newest, PER_PAGE).get_page(page)
    counts = Counter(
        (one.submission_id, one.lines) for one in unread.filter(submission__in=[row.submission_id for row in shown])
    )
    shown.object_list = [InboxThread(last=row, unread=counts[row.submission_id, row.lines]) for row in shown]
    return shown
