"""Notes news, in the transaction of what happened. A mail says that something is new, and leads to it.

Points, comments and reasons stay on the page: mails travel and are kept unencrypted.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from server.accounts.models import User
from server.comments.models import Comment
from server.common.local_times import in_words
from server.courses.models import Course, Enrollment
from server.courses.rules import sees_learner
from server.courses.zones import zone_for
from server.gradebook import accommodations
from server.gradebook.held_results import hides_results, is_held
from server.gradebook.models import Action, Assignment, GradeChange
from server.gradebook.rules import MoreTime, terms_for
from server.gradebook.selectors import more_time_of
from server.gradebook.states import decision_in
from server.mail.letters import one_line
from server.mail.models import MailKind
from server.notifications.models import News
from server.regrade_requests.models import RegradeRequest

KINDS = {
    Action.OVERRIDDEN: MailKind.GRADE,
    Action.EXEMPTED: MailKind.GRADE,
    Action.UNDONE: MailKind.GRADE,
    Action.REGRADED: MailKind.REGRADE,
    Action.EXTENDED: MailKind.EXTENSION,
}
# News of these say something about a result.
RESULTS = {Action.OVERRIDDEN, Action.UNDONE, Action.REGRADED}
SENTENCES = {
    Action.OVERRIDDEN: "Your grade in “{title}” was set by hand.",
    Action.EXEMPTED: "It was changed if you are exempt from “{title}”.",
    Action.UNDONE: "A decision about “{title}” was taken back.",
    Action.REGRADED: "“{title}” was graded again, and your score changed.",
    Action.EXTENDED: "The time or the attempts that you have for “{title}” changed.",
}


def on_comment(*, comment: Comment, **_: Any) -> None:
    """Note a teacher's comment for the learner, and a learner's for the teachers who take part.

    While results are held back, learners do not hear of comments: they cannot read them yet.
    """
    submission = comment.submission
    course, title = submission.assignment.course, submission.assignment.title
    if comment.is_by_learner:
        text = f"{comment.author.display_name} commented on a submission of theirs to “{title}”."
        path = reverse("dashboard:submission", args=[course.slug, submission.pk])
        for user in _teachers_of(comment):
            note(user, course, MailKind.COMMENT, text, path=path)
    elif not hides_results(submission.learner, submission.assignment):
        text = f"{comment.author.display_name} commented on your submission to “{title}”."
        note(submission.learner_id, course, MailKind.COMMENT, text, path=submission.get_absolute_url())


def _teachers_of(comment: Comment) -> list[int]:
    """Return the teachers who wrote about the same submission, and who still see its learner."""
    submission = comment.submission
    authors = submission.comments.exclude(author=submission.learner_id).order_by().values("author")
    people = User.objects.filter(pk__in=authors, is_active=True)
    return [
        one.pk for one in people if one.has_perm("submissions.comment", submission) and sees_learner(one, submission)
    ]


def on_answer(*, request: RegradeRequest, **_: Any) -> None:
    """Note the answer to a regrade request for the learner."""
    submission = request.submission
    text = f"Your regrade request about “{submission.assignment.title}” was answered."
    path = submission.get_absolute_url()
    note(submission.learner_id, submission.assignment.course, MailKind.GRADE, text, path=path)


def on_release(*, assignment: Assignment, **_: Any) -> None:
    """Note for everybody with a grade that the results are released."""
    if not settings.SENDS_MAIL:
        return
    graded = Enrollment.objects.filter(
        course=assignment.course, user__in=assignment.grades.exclude(final=None).values("learner")
    )
    one = {
        "course": assignment.course,
        "kind": MailKind.GRADE,
        "text": one_line(f"The results of “{assignment.title}” are released."),
        "path": assignment.get_absolute_url(),
        "at": timezone.now(),
    }
    rows = (News(user_id=user, **one) for user in graded.values_list("user", flat=True))
    News.objects.bulk_create(rows, batch_size=500)


def on_grade(*, change: GradeChange, **_: Any) -> None:
    """Note a decision of somebody else, or another score after a regrade."""
    action = Action(change.action)
    if action not in KINDS or change.by_id == change.learner_id:
        return
    if action in RESULTS and is_held(change.assignment_id):
        return
    if action is Action.REGRADED and change.old.get("final") == change.new.get("final"):
        return
    assignment = change.assignment
    text = SENTENCES[action].format(title=assignment.title)
    if action is Action.EXTENDED and "due_at" in change.decided and (due := _due(change)) is not None:
        text = f"You have until {in_words(due, zone_for(change.learner, assignment.course))} for “{assignment.title}”."
    note(change.learner_id, assignment.course, KINDS[action], text, path=assignment.get_absolute_url())


def on_accommodation(*, course: Course, learner: User, more: MoreTime, by: User, **_: Any) -> None:
    """Note that a learner has more time in every assignment of a course, or no more time."""
    if by.pk == learner.pk:
        return
    text = f"The time that you have for every assignment changed: {accommodations.in_words(more)}."
    note(learner.pk, course, MailKind.EXTENSION, text, path=course.get_absolute_url())


def _due(change: GradeChange) -> datetime | None:
    """Return a learner's own due date after a change: never earlier than that of all others; None without one."""
    more = more_time_of(change.assignment.course, change.learner)
    due = terms_for(change.assignment.terms, decision_in(change.new), more).due_at
    return due if change.new["due_at"] else None


def note(user: int, course: Course, kind: MailKind, text: str, *, path: str) -> None:
    """Note something for a person. If Chainrule sends no mail, nothing is noted."""
    if settings.SENDS_MAIL:
        News.objects.create(user_id=user, course=course, kind=kind, text=one_line(text), path=path, at=timezone.now())
