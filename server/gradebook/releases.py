"""Releases results that were held back: at the press of a button, or when their time has come."""

from copy import copy

from django.db import transaction
from django.utils import timezone

from server.accounts.models import User
from server.audit.models import AuditAction
from server.audit.services import record
from server.courses.models import Course
from server.gradebook.models import Assignment
from server.gradebook.signals import results_released
from server.gradebook.words import terms_change


@transaction.atomic
def release(assignment: Assignment, *, by: User | None = None) -> bool:
    """Release the results of an assignment to all its learners; False if they are not held back.

    Grades then go to learning platforms, and news to learners and webhooks. The full lock on the row makes a grade that
    is written at the same moment wait: it is either released here, or it sees that nothing is held back any more.
    """
    row = Assignment.objects.select_for_update(of=("self",)).select_related("course").get(pk=assignment.pk)
    if not row.results_held:
        return False
    former = copy(row)
    row.results_held, row.release_at, row.released_at = False, None, timezone.now()
    row.save(update_fields=["results_held", "release_at", "released_at"])
    before, after = terms_change(former, row)
    record(AuditAction.TERMS_CHANGED, course=row.course, by=by, what=row.slug, before=before, after=after)
    results_released.send(sender=Assignment, assignment=row)
    return True


def release_all(course: Course, *, by: User) -> int:
    """Release everything that a course holds back; return of how many assignments."""
    return sum(release(one, by=by) for one in course.assignments.filter(results_held=True).order_by("pk"))


def release_due() -> int:
    """Release the results whose time has come; return of how many assignments."""
    due = Assignment.objects.filter(results_held=True, release_at__lte=timezone.now()).order_by("pk")
    return sum(release(one) for one in due)
