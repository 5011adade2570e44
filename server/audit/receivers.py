"""Records what no service writes alone: roles and sections in courses, and changes on the administration pages.

A role changes in many places (a roster, the API, a code, an LMS, the administration pages). All of them save the model,
so its signals cannot miss one.
"""

from typing import Any

from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.db.models import QuerySet

from server.audit.models import AuditAction
from server.audit.services import record
from server.courses.models import Course, Enrollment, Role

OF_FLAG = {ADDITION: AuditAction.ADMIN_ADDED, DELETION: AuditAction.ADMIN_DELETED}


def remember_role(*, instance: Enrollment, raw: bool, **_: Any) -> None:
    """Note role and section before they are saved."""
    if instance.pk and not raw:
        former = Enrollment.objects.filter(pk=instance.pk).values_list("role", "section__name").first()
        instance.__dict__["_former_role"], instance.__dict__["_former_section"] = former or (None, None)


def record_role(*, instance: Enrollment, created: bool, raw: bool, **_: Any) -> None:
    """Record a new member, or a new role or section of a member."""
    former = instance.__dict__.pop("_former_role", None)
    _record_section(instance, instance.__dict__.pop("_former_section", None) or "", raw=raw)
    if raw or former == instance.role:
        return
    record(
        AuditAction.ENROLLED if created else AuditAction.ROLE_CHANGED,
        course=instance.course,
        about=instance.user,
        before=_word(former),
        after=_word(instance.role),
    )


def _record_section(instance: Enrollment, former: str, *, raw: bool) -> None:
    section = instance.section.name if instance.section else ""
    if not raw and former != section:
        action = AuditAction.SECTION_CHANGED
        record(action, course=instance.course, about=instance.user, before=former, after=section)


def record_removal(*, instance: Enrollment, origin: Any, **_: Any) -> None:
    """Record that somebody was removed; not if the whole course or account is deleted."""
    removed = origin.model if isinstance(origin, QuerySet) else type(origin)
    if removed is Enrollment:
        record(AuditAction.REMOVED, course=instance.course, about=instance.user, before=_word(instance.role))


def record_admin(*, instance: LogEntry, created: bool, raw: bool, **_: Any) -> None:
    """Record what somebody did on the administration pages."""
    if not created or raw:
        return
    thing = None if instance.action_flag == DELETION else instance.get_edited_object()
    course = thing if isinstance(thing, Course) else getattr(thing, "course", None)
    kind = instance.content_type.name if instance.content_type else "object"
    record(
        OF_FLAG.get(instance.action_flag, AuditAction.ADMIN_CHANGED),
        course=course if isinstance(course, Course) else None,
        by=instance.user,
        what=f"the {kind} “{instance.object_repr}”",
        after=instance.get_change_message().rstrip("."),
    )


def _word(role: str | None) -> str:
    return Role(role).label.lower() if role else ""
