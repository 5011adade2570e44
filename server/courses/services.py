"""Every write to the members of a course.

change_role   another role for a member
set_section   another section for a member, or none
remove        end a membership; work and grades stay
restore       bring a membership back, with its role and section
"""

from collections.abc import Iterable

from django.db import transaction

from server.accounts.models import User
from server.courses.models import Course, Enrollment, FormerEnrollment, Role, Section


class MembershipRefused(Exception):
    """A change that nobody can make. The text says why, for the person who asked for it."""


@transaction.atomic
def change_role(course: Course, user: User, role: Role, *, by: User | None) -> None:
    """Give a member another role, which no LMS changes from then on. Raises MembershipRefused.

    `by` is None if no person asks for it.
    """
    enrollment = _locked(course, user)
    if enrollment.role != role:
        _require_no_loss(enrollment, role, by)
    enrollment.role, enrollment.role_decided = role, True
    enrollment.save(update_fields=["role", "role_decided"])


@transaction.atomic
def set_section(course: Course, user: User, section: Section | None) -> bool:
    """Put a member into a section of the course, or into none; return whether that changes it."""
    enrollment = _locked(course, user)
    if section is not None and section.course_id != course.pk:
        raise MembershipRefused(f"The section {section} belongs to another course.")
    if enrollment.section == section:
        return False
    enrollment.section = section
    enrollment.save(update_fields=["section"])
    return True


@transaction.atomic
def remove(course: Course, user: User, *, by: User | None) -> None:
    """End a membership. The person sees the course no more, and counts nowhere. Raises MembershipRefused."""
    enrollment = _locked(course, user)
    _require_no_loss(enrollment, None, by)
    kept = {"role": enrollment.role, "section": enrollment.section, "by": by}
    FormerEnrollment.objects.update_or_create(course=course, user=user, defaults=kept)
    enrollment.delete()


@transaction.atomic
def restore(course: Course, user: User) -> None:
    """Bring a removed member back, with role and section as before. Raises MembershipRefused if nobody removed them."""
    lock_members(course)
    former = FormerEnrollment.objects.select_related("section").filter(course=course, user=user).first()
    if former is None:
        raise MembershipRefused(f"{user.display_name} is not a former member of {course.title}.")
    kept = {"role": former.role, "section": former.section, "role_decided": True}
    Enrollment.objects.get_or_create(course=course, user=user, defaults=kept)


def lock_members(course: Course) -> None:
    """Let changes of a course's members happen one after another, until the end of the transaction.

    Otherwise two changes at once can remove two last instructors. Submissions and new members do not wait for it.
    """
    Course.objects.select_for_update(no_key=True).get(pk=course.pk)


def loses_instructors(before: Iterable[str], after: Iterable[str]) -> bool:
    """Whether a course with these roles of active people would be left without an instructor."""
    return Role.INSTRUCTOR in set(before) and Role.INSTRUCTOR not in set(after)


def _locked(course: Course, user: User) -> Enrollment:
    lock_members(course)
    enrollment = Enrollment.objects.select_related("course", "user", "section").filter(course=course, user=user).first()
    if enrollment is None:
        raise MembershipRefused(f"{user.display_name} is not a member of {course.title}.")
    return enrollment


def _require_no_loss(enrollment: Enrollment, role: Role | None, by: User | None) -> None:
    """Raise MembershipRefused if an instructor would lose their own role, or the course its last instructor."""
    if enrollment.role != Role.INSTRUCTOR:
        return
    if enrollment.user == by:
        raise MembershipRefused("This is you. Another instructor must change your role or remove you.")
    others = enrollment.course.enrollments.filter(user__is_active=True).exclude(pk=enrollment.pk)
    after = [*others.values_list("role", flat=True).order_by().distinct(), *([role] if role else [])]
    if loses_instructors([enrollment.role], after):
        name = enrollment.user.display_name
        raise MembershipRefused(f"{name} is the only instructor. Give the role to another person first.")
