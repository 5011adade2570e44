"""Reading the audit log."""

from typing import Any

from django.db.models import Q, QuerySet

from server.audit.models import AuditArea, AuditEntry
from server.courses.visibility import VisiblePeople

NAMES = ("username", "first_name", "last_name", "external_id")


def entries_of(people: VisiblePeople, *, area: AuditArea | None = None, person: str = "") -> QuerySet[AuditEntry]:
    """Return the entries of a course, newest first: of one area, and by or about people whose name has these words.

    If some people of the course are left out, so are all entries that are not about the terms, the packages, or one of
    the others.
    """
    rows = AuditEntry.objects.filter(course=people.course).select_related("by", "about")
    if not people.are_all:
        rows = rows.filter(people.about("about") | Q(area__in=[AuditArea.TERMS, AuditArea.PACKAGES], about=None))
    if area is not None:
        rows = rows.filter(area=area)
    for word in person.replace("\0", "").split():
        fits: list[Any] = [Q(**{f"{role}__{name}__icontains": word}) for role in ("by", "about") for name in NAMES]
        rows = rows.filter(Q.create(fits, connector=Q.OR))
    return rows
