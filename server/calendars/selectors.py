"""What is in a person's calendar: the due dates of their courses, as they hold for them."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from server.accounts.models import User
from server.calendars.ics import CalendarEvent
from server.common.local_times import in_words
from server.courses.models import Course
from server.submissions.statuses import AssignmentStatus, statuses


def due_dates(person: User, *, now: datetime) -> list[CalendarEvent]:
    """Return the due dates of a person in the courses that they are in, nearest first.

    Drafts, archived courses, and assignments that have not opened are left out, and those that the person is exempt
    from.
    """
    courses = Course.objects.filter(members=person, archived_at=None)
    found = [event for course in courses for event in _of_course(person, course, now)]
    return sorted(found, key=lambda event: (event.at, event.uid))


def _of_course(person: User, course: Course, now: datetime) -> Iterator[CalendarEvent]:
    for status in statuses(person, course):
        due_at, opens_at = status.terms.due_at, status.terms.opens_at
        if due_at is not None and not status.exempt and (opens_at is None or opens_at <= now):
            yield _event(status, course, due_at)


def _event(status: AssignmentStatus, course: Course, due_at: datetime) -> CalendarEvent:
    assignment = status.assignment
    address = f"{settings.PUBLIC_URL}{assignment.get_absolute_url()}"
    return CalendarEvent(
        uid=f"assignment-{assignment.pk}@{urlsplit(settings.PUBLIC_URL).hostname or 'chainrule'}",
        at=due_at,
        title=f"{assignment.title} is due",
        text=f"{course.title}\nDue {in_words(due_at, course.zone)}\n{address}",
        url=address,
    )
