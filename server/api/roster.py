"""Enrolls people by the ids of an LMS."""

import re
import secrets

from django.contrib.auth.hashers import make_password
from django.db import transaction

from server.accounts.models import User
from server.courses import services
from server.courses.models import Course, Enrollment, Role


@transaction.atomic
def enroll(course: Course, *, external_id: str, name: str, role: Role | None, by: User) -> tuple[Enrollment, bool]:
    """Return a person's enrollment in a course and whether it is new.

    People are known by their external_id and by nothing else: an e-mail address proves nothing. A person who is not
    known yet gets an account without a password. Without a role, members keep theirs and new members become students.
    Raises MembershipRefused if the course would lose its last instructor, or `by` their own role.
    """
    user = User.objects.filter(external_id=external_id).first() or _account(external_id, name)
    row, new = Enrollment.objects.get_or_create(course=course, user=user, defaults={"role": role or Role.STUDENT})
    if role is not None and row.role != role:
        services.change_role(course, user, role, by=by)
        row.role = role
    return row, new


def _account(external_id: str, name: str) -> User:
    first, _, last = name.rpartition(" ")
    return User.objects.create(
        username=_free_name(external_id),
        external_id=external_id,
        first_name=first[:150],
        last_name=last[:150],
        password=make_password(None),
    )


def _free_name(external_id: str) -> str:
    name = re.sub(r"[^A-Za-z0-9@.+_-]", "-", external_id)[:130]
    taken = User.objects.filter(username=name).exists()
    return f"{name}-{secrets.token_hex(6)}" if taken else name
