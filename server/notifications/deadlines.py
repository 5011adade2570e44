"""Reminds learners a day before their work is due, once for each date."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from server.courses.models import Enrollment, Role
from server.gradebook.models import Assignment, Grade
from server.mail.letters import one_line
from server.mail.models import MailKind
from server.notifications.models import News, Reminder
from server.notifications.news import moment
from server.submissions.models import Kind

BEFORE = timedelta(hours=24)
# Reminders are kept so long after the date, then deleted.
KEPT = timedelta(days=7)


def remind() -> None:
    """Note news for learners whose work is due within a day, and who have neither passed nor are exempt."""
    if not settings.SENDS_MAIL:
        return
    now = timezone.now()
    for pk in _soon_due(now).values_list("pk", flat=True):
        _remind(pk, now)
    Reminder.objects.filter(due_at__lt=now - KEPT).delete()


def _soon_due(now: datetime) -> QuerySet[Assignment]:
    """Return the open assignments that are due within a day, for all or for a learner with an extension.

    Drafts and archived courses are left out.
    """
    soon = {"due_at__gt": now, "due_at__lte": now + BEFORE}
    extended = Grade.objects.filter(assignment=OuterRef("pk"), **soon)
    is_open = Q(opens_at=None) | Q(opens_at__lte=now)
    rows = Assignment.objects.published().filter(course__archived_at=None)
    return rows.filter(is_open & (Q(**soon) | Exists(extended)))


@transaction.atomic
def _remind(pk: int, now: datetime) -> None:
    """Remind the learners of one assignment. Its row is locked, so two runs remind once."""
    assignment = Assignment.objects.select_for_update(of=("self",)).select_related("course").get(pk=pk)
    due = _due_dates(assignment)
    known = set(Reminder.objects.filter(assignment=assignment).values_list("learner", "due_at"))
    soon = {user: at for user, at in due.items() if now < at <= now + BEFORE and (user, at) not in known}
    Reminder.objects.bulk_create(
        (Reminder(assignment=assignment, learner_id=user, due_at=at) for user, at in soon.items()), batch_size=500
    )
    News.objects.bulk_create((_news(assignment, user, at, now) for user, at in soon.items()), batch_size=500)


def _due_dates(assignment: Assignment) -> dict[int, datetime]:
    """Return the due date of each learner who has not passed and is not exempt.

    It is the later one of the common date and their own. If results are held back, a reminder must not say who has
    passed: then everybody is reminded who has handed in nothing.
    """
    common = assignment.due_at
    if common is None:
        return {}
    students = Enrollment.objects.filter(course=assignment.course, role=Role.STUDENT, user__is_active=True)
    grades = Grade.objects.filter(assignment=assignment).values_list("learner", "due_at", "passed_at", "exempt")
    own = {user: at for user, at, _, _ in grades}
    held = assignment.results_held
    done = {user for user, _, passed_at, exempt in grades if exempt or (passed_at is not None and not held)}
    if held:
        done |= set(assignment.submissions.filter(kind=Kind.SUBMIT).values_list("learner", flat=True))
    waiting = [user for user in students.values_list("user", flat=True) if user not in done]
    return {user: max(common, own.get(user) or common) for user in waiting}


def _news(assignment: Assignment, user: int, due_at: datetime, now: datetime) -> News:
    return News(
        user_id=user,
        course=assignment.course,
        kind=MailKind.DEADLINE,
        text=one_line(f"“{assignment.title}” is due on {moment(due_at)}."),
        path=assignment.get_absolute_url(),
        at=now,
    )
