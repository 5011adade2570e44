"""Changes the people of a course for a token. People are known by the ids of an LMS, or by ours."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import make_password
from django.db import transaction

from server.accounts.models import User
from server.accounts.selectors import by_external_id
from server.api import selectors
from server.api.access import Access
from server.api.problems import Code, Problem
from server.api.schemas import EnrollmentChange, NewEnrollment
from server.courses import services
from server.courses.models import Course, Enrollment, FormerEnrollment, Role, Section
from server.courses.services import MembershipRefused
from server.roster import sections
from server.roster.sections import SectionRefused


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn a refusal of a service into the problem that a caller gets."""
    try:
        yield
    except (MembershipRefused, SectionRefused) as error:
        raise Problem(Code.CONFLICT, str(error)) from error


@transaction.atomic
def enroll(access: Access, course: Course, new: NewEnrollment) -> tuple[Enrollment, bool]:
    """Return a person's enrollment in a course and whether it is new.

    People are known by their external_id and by nothing else: an e-mail address proves nothing. A person who is not
    known yet gets an account without a password. Without a role, members keep theirs and new members become students.
    """
    section = _section(access, course, new.section, "/section") if new.section else None
    services.lock_members(course)
    user = by_external_id(new.external_id) or _account(new.external_id, new.name)
    role = {"role": new.role or Role.STUDENT}
    _, is_new = Enrollment.objects.get_or_create(course=course, user=user, defaults=role)
    with _refusals():
        if new.role is not None:
            services.change_role(course, user, new.role, by=access.token.person)
        if section is not None:
            services.set_section(course, user, section)
    return _fresh(access, course, user.pk), is_new


@transaction.atomic
def change(access: Access, course: Course, user: int, new: EnrollmentChange) -> Enrollment:
    """Change what the caller sent of a person's enrollment, all of it or nothing."""
    person = selectors.get_enrollment(access, course, user).user
    with _refusals():
        if new.role is not None:
            services.change_role(course, person, new.role, by=access.token.person)
        if "section" in new.model_fields_set:
            section = _section(access, course, new.section, "/section") if new.section else None
            services.set_section(course, person, section)
        if "limited_to" in new.model_fields_set:
            keys = new.limited_to
            limits = [_section(access, course, key, "/limited_to") for key in keys] if keys is not None else None
            sections.limit(course, person, limits)
    return _fresh(access, course, user)


def remove(access: Access, course: Course, user: int) -> None:
    """Remove a member; nothing happens if staff removed them already."""
    row = selectors.get_enrollment(access, course, user)
    if isinstance(row, FormerEnrollment):
        return
    with _refusals():
        services.remove(course, row.user, by=access.token.person)


def restore(access: Access, course: Course, user: int) -> Enrollment:
    """Bring a removed person back; nothing happens if they are a member."""
    row = selectors.get_enrollment(access, course, user)
    if isinstance(row, FormerEnrollment):
        with _refusals():
            services.restore(course, row.user)
    return _fresh(access, course, user)


def add_section(course: Course, name: str) -> tuple[Section, bool]:
    """Return the section with this name, and whether it is new."""
    with _refusals():
        found = sections.named(course, name)
        return found or sections.add(course, name), found is None


def rename_section(section: Section, name: str) -> Section:
    """Give a section another name."""
    with _refusals():
        sections.rename(section, name)
    return section


def delete_section(section: Section) -> None:
    """Delete a section."""
    with _refusals():
        sections.delete(section)


def _section(access: Access, course: Course, pk: int, pointer: str) -> Section:
    return selectors.get_section(access, course, pk, pointer=pointer)


def _fresh(access: Access, course: Course, user: int) -> Enrollment:
    row = selectors.enrollments(access, course).filter(user=user).first()
    if row is None:
        raise Problem(Code.CONFLICT, "This person is not a member of the course.")
    return row


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
    taken = User.objects.filter(username__iexact=name).exists()
    return f"{name}-{secrets.token_hex(6)}" if taken else name
