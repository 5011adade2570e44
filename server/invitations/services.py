"""Every write to an invitation, and joining a course with one."""

from datetime import datetime

from django.db import transaction

from server.accounts.models import User
from server.audit.models import AuditAction
from server.audit.services import record
from server.common.local_times import in_words
from server.courses.models import Course, Enrollment, FormerEnrollment, Role
from server.courses.selectors import CourseArchived
from server.invitations.models import Invitation, spelled


class RemovedFromCourse(Exception):
    """Staff removed this person from the course, so no code brings them back. The text says what to do."""

    def __init__(self, course: Course) -> None:
        super().__init__(f"You were removed from {course.title}. Ask an instructor to bring you back.")


@transaction.atomic
def invite(*, course: Course, by: User, ends_at: datetime | None = None, places: int | None = None) -> Invitation:
    """Make a new code for a course."""
    made = Invitation.objects.create(course=course, by=by, ends_at=ends_at, places=places)
    limit = "any number of students" if places is None else f"at most {places} students"
    end = "" if ends_at is None else f", until {in_words(ends_at, course.zone)}"
    record(AuditAction.CODE_MADE, course=course, by=by, after=limit + end)
    return made


@transaction.atomic
def withdraw(invitation: Invitation) -> None:
    """Close an invitation. Students who joined with it stay in the course."""
    if Invitation.objects.filter(pk=invitation.pk, withdrawn=False).update(withdrawn=True):
        record(AuditAction.CODE_WITHDRAWN, course=invitation.course)


def find(code: str) -> Invitation | None:
    """Return the invitation of a typed code; None if there is none or it is closed. It can be of an archived course."""
    return Invitation.objects.open().select_related("course").filter(code=spelled(code)).first()


@transaction.atomic
def accept(*, code: str, user: User) -> Course | None:
    """Make a user a student of the course and return it; None if the code is unknown or closed.

    A user who is already in the course keeps their role and does not count against the limit. Raises RemovedFromCourse
    if staff removed the user, CourseArchived if the course is archived.
    """
    invitation = Invitation.objects.open().select_for_update().filter(code=spelled(code)).first()
    if invitation is None:
        return None
    if invitation.course.is_archived:
        raise CourseArchived(invitation.course)
    present = Enrollment.objects.filter(course=invitation.course, user=user)
    if FormerEnrollment.objects.filter(course=invitation.course, user=user).exists() and not present.exists():
        raise RemovedFromCourse(invitation.course)
    _, new = Enrollment.objects.get_or_create(course=invitation.course, user=user, defaults={"role": Role.STUDENT})
    if new:
        invitation.used += 1
        invitation.save(update_fields=["used"])
    return invitation.course
