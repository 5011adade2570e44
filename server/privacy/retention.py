"""Deletes what is older than the operator wants to keep. 0 days mean: for ever.

The settings are CHAINRULE_KEEP_*_DAYS in docs/operator/settings.md. The records worker runs `retain` every day.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from server.analytics.models import FailedCheck
from server.audit.models import AuditEntry
from server.courses.models import Course
from server.drafts.models import Draft
from server.gradebook.models import Assignment, Grade
from server.hints.models import HintUse
from server.privacy.erasure import delete, empty
from server.regrades.models import Rerun
from server.submissions.models import OPEN, Submission
from server.submissions.old_code import without_code

log = structlog.get_logger(__name__)

# A transaction changes so many rows: others need not wait long.
BATCH = 500


def retain(now: datetime | None = None) -> dict[str, int]:
    """Delete what is too old; return how many rows of each kind. A second run at the same time does no harm."""
    now = now or timezone.now()
    rules: dict[str, tuple[int, Callable[[datetime], int]]] = {
        "code": (settings.KEEP_CODE_DAYS, delete_code),
        "audit": (settings.KEEP_AUDIT_DAYS, delete_audit_entries),
    }
    done = {name: rule(now - timedelta(days=days)) for name, (days, rule) in rules.items() if days > 0}
    call_command("clearsessions")
    log.info("retained", **done)
    return done


def ended_before(moment: datetime) -> list[Course]:
    """Return the courses that ended before a moment.

    A course has ended after everything in it: each date of an assignment or an extension, and each submission. A course
    without any of them has not begun.
    """
    dates = ("opens_at", "due_at", "closes_at")
    latest: dict[int, datetime] = {}
    sources: list[tuple[QuerySet[Any], tuple[str, ...], str]] = [
        (Assignment.objects.all(), dates, "course"),
        (Grade.objects.all(), dates[1:], "assignment__course"),
        (Submission.objects.all(), ("submitted_at",), "assignment__course"),
    ]
    for rows, columns, course in sources:
        ends = {f"last_{column}": Max(column) for column in columns}
        for row in rows.order_by().values(course).annotate(**ends):
            found = [row[name] for name in ends if row[name] is not None]
            if found:
                latest[row[course]] = max([*found, latest.get(row[course], found[0])])
    return list(Course.objects.filter(pk__in=[pk for pk, end in latest.items() if end < moment]))


def delete_code(before: datetime) -> int:
    """Delete code, outputs and drafts in courses that ended before a moment; return how many submissions had code."""
    ended = ended_before(before)
    own = Q(assignment__course__in=ended)
    delete(Draft.objects.filter(own))
    rows = Submission.objects.filter(own).exclude(source="").exclude(state__in=OPEN)
    count = 0
    while some := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            empty(Rerun.objects.filter(submission__in=some), {"report": without_code, "old_report": without_code})
            empty(FailedCheck.objects.filter(submission__in=some), {"text": ""})
            empty(HintUse.objects.filter(submission__in=some), {"text": ""})
            empty(Submission.objects.filter(pk__in=some), {"source": "", "report": without_code, "edit": None})
        count += len(some)
    return count


def delete_audit_entries(before: datetime) -> int:
    """Delete entries of the audit log, and of the administration pages' own log, from before a moment."""
    count = 0
    for rows in (QuerySet(AuditEntry).filter(at__lt=before), LogEntry.objects.filter(action_time__lt=before)):
        while some := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
            delete(rows.model._base_manager.filter(pk__in=some))
            count += len(some)
    return count
