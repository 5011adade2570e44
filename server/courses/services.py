"""Every write to the members of a course.

change_role   another role for a member
remove        end a membership; work and grades stay
restore       bring a membership back, with its role
"""

from django.db import transaction

from server.accounts.models import User
from server.courses.models import Course, Enrollment, FormerEnrollment, Role


class MembershipRefused(Exception):
    """A change that nobody can make. The text says why, for the person who asked for it."""


@transaction.atomic
def change_role(course: Course, user: User, role: Role, *, by: User | None) -> None:
    """Give a member another role. `by` is None if no person asks for it. Raises MembershipRefused."""
    enrollment = _locked(course, user)
    if enrollment.role == role:
        return
    _require_no_loss(enrollment, by)
    enrollment.role = role
    enrollment.save(update_fields=["role"])


@transaction.atomic
def remove(course: Course, user: User, *, by: User | None) -> None:
    """End a membership. The person sees the course no more, and counts nowhere. Raises MembershipRefused."""
    enrollment = _locked(course, user)
    _require_no_loss(enrollment, by)
    FormerEnrollment.objects.update_or_create(course=course, user=user, defaults={"role": enrollment.role, "by": by})
    enrollment.delete()


@transaction.atomic
def restore(course: Course, user: User) -> None:
    """Bring a removed member back, with the role that they had. Raises MembershipRefused if nobody removed them."""
    former = FormerEnrollment.objects.select_for_update().filter(course=course, user=user).first()
    if former is None:
        raise MembershipRefused(f"{user.display_name} is not a former member of {course.title}.")
    Enrollment.objects.get_or_create(course=course, user=user, defaults={"role": former.role})


def _locked(course: Course, user: User) -> Enrollment:
    """Return the membership. The course's row is locked, so that two changes cannot remove two last instructors."""
    Course.objects.select_for_update().get(pk=course.pk)
    enrollment = Enrollment.objects.select_related("course", "user").filter(course=course, user=user).first()
    if enrollment is None:
        raise MembershipRefused(f"{user.display_name} is not a member of {course.title}.")
    return enrollment


def _require_no_loss(enrollment: Enrollment, by: User | None) -> None:
    """Raise MembershipRefused if an instructor would lose their own role, or the course its last instructor."""
    if enrollment.role != Role.INSTRUCTOR:
        return
    if enrollment.user == by:
        raise MembershipRefused("This is you. Another instructor must change your role or remove you.")
    others = enrollment.course.enrollments.filter(role=Role.INSTRUCTOR).exclude(pk=enrollment.pk)
    if not others.exists():
        name = enrollment.user.display_name
        raise MembershipRefused(f"{name} is the only instructor. Give the role to another person first.")
