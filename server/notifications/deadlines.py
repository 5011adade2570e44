"""Reminds learners a day before their work is due, once for each date."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from server.accounts.models import User
from server.common.local_times import in_words
from server.courses.models import Enrollment, Role
from server.courses.zones import zone_for
from server.gradebook.models import Accommodation, Assignment, Grade
from server.gradebook.rules import Decision, terms_for
from server.gradebook.selectors import more_time_in
from server.mail.letters import one_line
from server.mail.models import MailKind
from server.notifications.models import News, Reminder
from server.submissions.models import Kind

BEFORE = timedelta(hours=24)
YEAR = timedelta(days=366)
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
    """Return the open assignments that are due within a day, for all or for a learner with more time.

    If a course has accommodations, those that were due for the others within a year are among them. Drafts and archived
    courses are left out.
    """
    soon = {"due_at__gt": now, "due_at__lte": now + BEFORE}
    extended = Grade.objects.filter(assignment=OuterRef("pk"), **soon)
    is_open = Q(opens_at=None) | Q(opens_at__lte=now)
    rows = Assignment.objects.published().filter(course__archived_at=None)
    more_time = Accommodation.objects.filter(course=OuterRef("course"))
    for_some = Exists(more_time) & Q(due_at__gt=now - YEAR, due_at__lte=now + BEFORE)
    return rows.filter(is_open & (Q(**soon) | Exists(extended) | for_some))


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
    people = User.objects.in_bulk(soon)
    News.objects.bulk_create((_news(assignment, people[user], at, now) for user, at in soon.items()), batch_size=500)


def _due_dates(assignment: Assignment) -> dict[int, datetime]:
    """Return the due date of each learner who has not passed and is not exempt.

    It is the latest one of the common date, their own, and that with their time in every assignment. If results are
    held back, a reminder must not say who has passed: then everybody is reminded who has handed in nothing.
    """
    if assignment.due_at is None:
        return {}
    students = Enrollment.objects.filter(course=assignment.course, role=Role.STUDENT, user__is_active=True)
    grades = {grade.learner_id: grade for grade in Grade.objects.filter(assignment=assignment)}
    more = more_time_in(assignment.course)
    held = assignment.results_held
    done = {user for user, grade in grades.items() if grade.exempt or (grade.passed_at is not None and not held)}
    if held:
        done |= set(assignment.submissions.filter(kind=Kind.SUBMIT).values_list("learner", flat=True))
    waiting = [user for user in students.values_list("user", flat=True) if user not in done]
    due = {}
    for user in waiting:
        decision = grades[user].decision if user in grades else Decision()
        due[user] = terms_for(assignment.terms, decision, more[user]).due_at or assignment.due_at
    return due


def _news(assignment: Assignment, user: User, due_at: datetime, now: datetime) -> News:
    return News(
        user=user,
        course=assignment.course,
        kind=MailKind.DEADLINE,
        text=one_line(f"“{assignment.title}” is due on {in_words(due_at, zone_for(user, assignment.course))}."),
        path=assignment.get_absolute_url(),
        at=now,
    )
