"""The account and the course role of a person from a platform.

A person is found only by (platform, sub), never by e-mail: a platform can claim any e-mail address and would so get
into other people's accounts. A person who comes for the first time gets a new account, with one exception: an account
that the course's roster created, that was never signed in to and that is in no other course is taken over by its
external id. The course's instructors are responsible for such accounts anyway.
"""

import secrets

from django.contrib.auth.hashers import is_password_usable
from django.db import IntegrityError, transaction
from django.utils import timezone

from server.accounts.models import User
from server.accounts.selectors import surviving
from server.audit.models import Origin
from server.audit.origin import acting
from server.courses.models import Course, Enrollment, FormerEnrollment, Role
from server.lti.members.roles import RANK
from server.lti.models import Identity, LmsCourse, Membership, Platform
from server.lti.platform import claims as c
from server.lti.platform.claims import Claims


def identify(platform: Platform, course: Course, claims: Claims) -> Identity:
    """Return the person in the claims, with an account. Call it inside a transaction."""
    sub = c.string(claims, "sub", most=255)
    # Locked, so that it is not merged into another account meanwhile; the account is read afterwards.
    found = Identity.objects.select_for_update(no_key=True).filter(platform=platform, sub=sub).first()
    identity = found or _create(platform, course, sub, claims)
    _update_names(identity, claims)
    return identity


def _create(platform: Platform, course: Course, sub: str, claims: Claims) -> Identity:
    user = _from_roster(course, sub, claims) or _create_account(claims)
    try:
        with transaction.atomic():
            return Identity.objects.create(platform=platform, sub=sub, user=user)
    except IntegrityError:  # the person came in two windows at once
        return Identity.objects.select_related("user").get(platform=platform, sub=sub)


def _from_roster(course: Course, sub: str, claims: Claims) -> User | None:
    """Return the account that the roster of this course created for this person; None if there is no unused one."""
    names = {sub, c.string(c.part(claims, c.LIS), "person_sourcedid"), c.string(claims, "lis_person_sourcedid")} - {""}
    for user in map(surviving, User.objects.filter(external_id__in=names)):
        courses = set(user.enrollments.values_list("course", flat=True))
        if courses == {course.pk} and _is_unused(user):
            return user
    return None


def _is_unused(user: User) -> bool:
    """Whether nobody can have signed in with this account, and it has no rights beyond its courses."""
    has_rights = user.is_staff or user.is_superuser or is_password_usable(user.password)
    return not has_rights and user.last_login is None and not user.lti_identities.exists()


def _create_account(claims: Claims) -> User:
    """Create an account without password and without e-mail, because the platform's address is not verified."""
    first, last = _names(claims)
    return User.objects.create_user(
        username=f"lti-{secrets.token_hex(6)}", password=None, first_name=first, last_name=last
    )


def _names(claims: Claims) -> tuple[str, str]:
    first, last = c.string(claims, "given_name", most=150), c.string(claims, "family_name", most=150)
    if not first and not last:
        first, _, last = c.string(claims, "name", most=150).partition(" ")
    return first.strip(), last.strip()


def _update_names(identity: Identity, claims: Claims) -> None:
    """Store the name and e-mail from the platform, and fill in the account's name if it is missing."""
    name, email = c.string(claims, "name", most=300), c.string(claims, "email", most=300)
    if (name or identity.name, email or identity.email) != (identity.name, identity.email):
        identity.name, identity.email = name or identity.name, email or identity.email
        identity.save(update_fields=["name", "email"])
    user = identity.user
    if not user.get_full_name() and any(_names(claims)):
        user.first_name, user.last_name = _names(claims)
        user.save(update_fields=["first_name", "last_name"])


def record_launch(lms_course: LmsCourse, identity: Identity, role: Role) -> Membership:
    """Store the role of a launch, and update the person's enrollment in our course."""
    row, _ = Membership.objects.get_or_create(lms_course=lms_course, identity=identity)
    row.launch_role, row.launched_at, row.gone_at = role, timezone.now(), None
    row.save()
    update_enrollment(row)
    return row


def update_enrollment(membership: Membership) -> None:
    """Update a person's enrollment in our course from their roles in its LMS courses.

    A role that an LMS gave follows the LMS, up and down. A role that was given here is only ever raised, and not at all
    if staff decided it on the page People. Nor does an LMS bring back somebody whom staff removed. All work is kept,
    and a student who left the LMS course stays enrolled, so they can still see their work. In an archived course,
    nobody's role changes.
    """
    course, user = membership.lms_course.course, membership.identity.user
    if course is None or course.is_archived:
        return
    with acting(Origin.LMS):
        _follow(course, user)


def _follow(course: Course, user: User) -> None:
    rows = list(Membership.objects.filter(lms_course__course=course, identity__user=user))
    roles = [row.role for row in rows if row.role is not None]
    enrollment = Enrollment.objects.select_for_update().filter(course=course, user=user).first()
    if _is_decided_here(course, user, enrollment):
        return
    is_from_lms = enrollment is not None and any(row.granted == enrollment.role for row in rows)
    if not roles:
        if enrollment is not None and is_from_lms and enrollment.role != Role.STUDENT:
            enrollment.delete()
        return
    role = max(roles, key=RANK.__getitem__)
    if enrollment is None:
        Enrollment.objects.create(course=course, user=user, role=role)
    elif is_from_lms or RANK[role] > RANK[Role(enrollment.role)]:
        enrollment.role = role
        enrollment.save(update_fields=["role"])
    else:
        return
    Membership.objects.filter(pk__in=[row.pk for row in rows]).update(granted=role)


def _is_decided_here(course: Course, user: User, enrollment: Enrollment | None) -> bool:
    """Whether staff of the course set the person's role, or removed them."""
    if enrollment is not None:
        return enrollment.role_decided
    return FormerEnrollment.objects.filter(course=course, user=user).exists()
