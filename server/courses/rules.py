"""All permissions: who can do what. A permission is checked on an object and decided by the role in its course.

    user.has_perm("courses.view", course)

The object is a course or has an attribute `course`. Administrators can do everything that an instructor can. If
somebody cannot even see a thing, the answer is a 404, never a 403: see `server.courses.selectors`.
"""

from collections.abc import Iterable
from typing import Any

import rules
from django.contrib.auth.models import AnonymousUser

from server.accounts.models import User
from server.courses.models import Course, Enrollment, Role

Person = User | AnonymousUser


def role_in(user: Person, course: Course) -> Role | None:
    """Return the role of a person in a course; administrators count as instructors. One query per person and course."""
    if not isinstance(user, User) or not user.is_active:
        return None
    if user.is_superuser:
        return Role.INSTRUCTOR
    # A request checks permissions on one course many times, so the roles are cached on its user object.
    known: dict[int, Role | None] = user.__dict__.setdefault("_roles", {})
    if course.pk not in known:
        role = Enrollment.objects.filter(user=user, course=course).values_list("role", flat=True).first()
        known[course.pk] = Role(role) if role else None
    return known[course.pk]


def load_roles(user: User, courses: Iterable[Course]) -> None:
    """Read a person's roles in several courses with one query, so that `role_in` needs none."""
    if not user.is_active or user.is_superuser:
        return
    known: dict[int, Role | None] = user.__dict__.setdefault("_roles", {})
    wanted = [course.pk for course in courses if course.pk not in known]
    found = dict(Enrollment.objects.filter(user=user, course__in=wanted).values_list("course", "role"))
    known.update({pk: Role(found[pk]) if pk in found else None for pk in wanted})


def _course(thing: Any) -> Course:
    return thing if isinstance(thing, Course) else thing.course


@rules.predicate
def is_member(user: Person, thing: Any) -> bool:
    """Whether the person is a member of the course, in any role."""
    return role_in(user, _course(thing)) is not None


@rules.predicate
def is_staff(user: Person, thing: Any) -> bool:
    """Whether the person helps to teach the course."""
    return role_in(user, _course(thing)) in {Role.TA, Role.INSTRUCTOR}


@rules.predicate
def is_instructor(user: Person, thing: Any) -> bool:
    """Whether the person is an instructor of the course."""
    return role_in(user, _course(thing)) is Role.INSTRUCTOR


@rules.predicate
def is_own(user: Person, submission: Any) -> bool:
    """Whether the submission is the person's own."""
    return submission.learner_id == user.pk


rules.add_perm("courses.view", is_member)
rules.add_perm("courses.teach", is_staff)
rules.add_perm("courses.manage", is_instructor)
rules.add_perm("submissions.submit", is_member)
rules.add_perm("submissions.view", is_member & (is_own | is_staff))
rules.add_perm("submissions.every_hint", is_staff)
rules.add_perm("submissions.use_hints", is_member & is_own)
rules.add_perm("submissions.cancel", is_member & (is_own | is_instructor))
rules.add_perm("submissions.requeue", is_instructor)
rules.add_perm("submissions.comment", is_staff)
rules.add_perm("audit.view", is_staff)
rules.add_perm("grades.view", is_staff)
rules.add_perm("grades.export", is_staff)
rules.add_perm("grades.override", is_instructor)
rules.add_perm("grades.exempt", is_instructor)
rules.add_perm("grades.extend", is_instructor)
rules.add_perm("grades.undo", is_instructor)
rules.add_perm("assignments.change", is_instructor)
rules.add_perm("regrades.view", is_staff)
rules.add_perm("regrades.run", is_instructor)
rules.add_perm("similarity.view", is_staff)
rules.add_perm("similarity.run", is_instructor)
rules.add_perm("roster.view", is_staff)
rules.add_perm("roster.import", is_instructor)
rules.add_perm("announcements.view", is_staff)
rules.add_perm("announcements.send", is_instructor)
rules.add_perm("integrations.manage", is_instructor)
rules.add_perm("lms.view", is_staff)
rules.add_perm("lms.manage", is_instructor)
