"""Every write to an invitation, and the only way into a course by one."""

from datetime import datetime

from django.db import transaction

from server.accounts.models import User
from server.courses.models import Course, Enrollment, Role
from server.invitations.models import Invitation, spelled


def invite(*, course: Course, by: User, ends_at: datetime | None = None, places: int | None = None) -> Invitation:
    """Make a new code for a course."""
    return Invitation.objects.create(course=course, by=by, ends_at=ends_at, places=places)


def withdraw(invitation: Invitation) -> None:
    """Let nobody in by it any more; who came by it stays."""
    Invitation.objects.filter(pk=invitation.pk).update(withdrawn=True)


def find(code: str) -> Invitation | None:
    """Return the invitation of a code, however it was typed, or None where it lets nobody in."""
    return Invitation.objects.open().select_related("course").filter(code=spelled(code)).first()


@transaction.atomic
def accept(*, code: str, user: User) -> Course | None:
    """Make somebody a student of the course and return it; None where the code lets nobody in any more.

    Who is in the course already keeps their role, and takes nobody's place.
    """
    invitation = Invitation.objects.open().select_for_update().filter(code=spelled(code)).first()
    if invitation is None:
        return None
    _, new = Enrollment.objects.get_or_create(course=invitation.course, user=user, defaults={"role": Role.STUDENT})
    if new:
        invitation.used += 1
        invitation.save(update_fields=["used"])
    return invitation.course
