"""Columns that an instructor dismissed, because their activities were deleted in the LMS. Nothing is deleted here."""

from django.db import transaction
from django.utils import timezone

from server.accounts.models import User
from server.audit.models import AuditAction
from server.audit.services import record
from server.lti.grades import outbox
from server.lti.models import LineItem


@transaction.atomic
def dismiss(line_item: LineItem, *, by: User) -> None:
    """Send nothing to a column any more, and leave it out of the lists. If its activity is opened, it comes back."""
    if LineItem.objects.filter(pk=line_item.pk, dismissed_at=None).update(dismissed_at=timezone.now(), asked_at=None):
        record(AuditAction.COLUMN_DISMISSED, course=line_item.assignment.course, by=by, what=_name(line_item))


@transaction.atomic
def restore(line_item: LineItem, *, by: User) -> None:
    """Send grades to a dismissed column again."""
    if LineItem.objects.filter(pk=line_item.pk, dismissed_at__isnull=False).update(dismissed_at=None):
        record(AuditAction.COLUMN_RESTORED, course=line_item.assignment.course, by=by, what=_name(line_item))
        outbox.update_passbacks(LineItem.objects.filter(pk=line_item.pk))


def _name(line_item: LineItem) -> str:
    return f"{line_item.assignment.title} in {line_item.lms_course}"
