"""Who somebody of a platform is here, and what they are in our course.

Somebody is found by (platform, sub) and in no other way, least of all by e-mail: a platform may say anything about its
people, and would otherwise open other people's accounts. Whoever comes for the first time gets an account of their own,
with one exception: an account that the course's roster made, that nobody ever signed in to, and that is in no other
course, is taken over by its external id. A course's instructors answer for such accounts anyway.
"""

import secrets

from django.contrib.auth.hashers import is_password_usable
from django.db import IntegrityError, transaction
from django.utils import timezone

from server.accounts.models import User
from server.courses.models import Course, Enrollment, Role
from server.lti.members.roles import RANK
from server.lti.models import Identity, LmsCourse, Membership, Platform
from server.lti.platform import claims as c
from server.lti.platform.claims import Claims


def identify(platform: Platform, course: Course, claims: Claims) -> Identity:
    """Return who the claims speak of, with an account. Call it inside a transaction."""
    sub = c.text(claims, "sub", most=255)
    found = Identity.objects.select_related("user").filter(platform=platform, sub=sub).first()
    identity = found or _new(platform, course, sub, claims)
    _keep_up(identity, claims)
    return identity


def _new(platform: Platform, course: Course, sub: str, claims: Claims) -> Identity:
    user = _from_roster(course, sub, claims) or _account(claims)
    try:
        with transaction.atomic():
            return Identity.objects.create(platform=platform, sub=sub, user=user)
    except IntegrityError:  # they came in two windows at once
        return Identity.objects.select_related("user").get(platform=platform, sub=sub)


def _from_roster(course: Course, sub: str, claims: Claims) -> User | None:
    """Return the account that the roster of this course made for this person, where nobody has used it."""
    names = {sub, c.text(c.part(claims, c.LIS), "person_sourcedid"), c.text(claims, "lis_person_sourcedid")} - {""}
    for user in User.objects.filter(external_id__in=names, last_login=None, is_staff=False, is_superuser=False):
        courses = set(user.enrollments.values_list("course", flat=True))
        if courses == {course.pk} and not is_password_usable(user.password) and not user.lti_identities.exists():
            return user
    return None


def _account(claims: Claims) -> User:
    """Return a fresh account without password and without e-mail: the address is only what a platform says."""
    first, last = _names(claims)
    return User.objects.create_user(
        username=f"lti-{secrets.token_hex(6)}", password=None, first_name=first, last_name=last
    )


def _names(claims: Claims) -> tuple[str, str]:
    first, last = c.text(claims, "given_name", most=150), c.text(claims, "family_name", most=150)
    if not first and not last:
        first, _, last = c.text(claims, "name", most=150).partition(" ")
    return first.strip(), last.strip()


def _keep_up(identity: Identity, claims: Claims) -> None:
    """Note what the platform calls them, and fill in a name that is missing."""
    name, email = c.text(claims, "name", most=300), c.text(claims, "email", most=300)
    if (name or identity.name, email or identity.email) != (identity.name, identity.email):
        identity.name, identity.email = name or identity.name, email or identity.email
        identity.save(update_fields=["name", "email"])
    user = identity.user
    if not user.get_full_name() and any(_names(claims)):
        user.first_name, user.last_name = _names(claims)
        user.save(update_fields=["first_name", "last_name"])


def launched(lms_course: LmsCourse, identity: Identity, role: Role) -> Membership:
    """Note that somebody launched with a role, and give them what follows from it in our course."""
    row, _ = Membership.objects.get_or_create(lms_course=lms_course, identity=identity)
    row.launch_role, row.launched_at, row.gone_at = role, timezone.now(), None
    row.save()
    settle(row)
    return row


def settle(membership: Membership) -> None:
    """Bring somebody's place in our course in step with what they are in its LMS courses.

    A role that an LMS gave follows it, up and down. One that people gave here is only ever raised. Nobody's work is
    touched, and a student who left the LMS course stays: they may still look at what they did.
    """
    course, user = membership.lms_course.course, membership.identity.user
    if course is None:
        return
    rows = list(Membership.objects.filter(lms_course__course=course, identity__user=user))
    roles = [row.role for row in rows if row.role is not None]
    place = Enrollment.objects.select_for_update().filter(course=course, user=user).first()
    is_ours = place is not None and any(row.granted == place.role for row in rows)
    if not roles:
        if place is not None and is_ours and place.role != Role.STUDENT:
            place.delete()
        return
    role = max(roles, key=RANK.__getitem__)
    if place is None:
        Enrollment.objects.create(course=course, user=user, role=role)
    elif is_ours or RANK[role] > RANK[Role(place.role)]:
        place.role = role
        place.save(update_fields=["role"])
    else:
        return
    Membership.objects.filter(pk__in=[row.pk for row in rows]).update(granted=role)
