"""The account and the course role of a person from a platform.

A person is found only by (platform, sub), never by e-mail: a platform can claim any e-mail address and would so get
into other people's accounts. A person who comes for the first time gets a new account, with one exception: an account
that the course's roster created, that was never signed in to and that is in no other course is taken over by its
external id. The course's instructors are responsible for such accounts anyway. Registrations that an administrator
confirmed to be one platform share their people (see `sharing`).
"""

import secrets
from datetime import datetime, timedelta

from django.contrib.auth.hashers import is_password_usable
from django.db import IntegrityError, transaction
from django.utils import timezone

from server.accounts.models import User
from server.accounts.selectors import surviving
from server.audit.models import Origin
from server.audit.origin import acting
from server.courses.models import Course, Enrollment, FormerEnrollment, Role
from server.lti.members import sharing
from server.lti.members.roles import RANK
from server.lti.models import Identity, LmsCourse, Membership, Platform
from server.lti.platform import claims as c
from server.lti.platform.claims import Claims

# A launch with a lower role can be a teacher who looks at the course as a student ("Switch role to" in Moodle). The
# stored role follows when every launch for so long had the lower role, and the roster does not contradict.
LOWERED_FOR = timedelta(days=1)


def identify(platform: Platform, course: Course, claims: Claims) -> Identity:
    """Return the person in the claims, with an account. Call it inside a transaction."""
    sub = c.string(claims, "sub", most=255)
    # Locked, so that it is not merged into another account meanwhile; the account is read afterwards.
    found = Identity.objects.select_for_update(no_key=True).filter(platform=platform, sub=sub).first()
    identity = found or _create(platform, course, sub, claims)
    _update_names(identity, claims)
    return identity


def _create(platform: Platform, course: Course, sub: str, claims: Claims) -> Identity:
    user = sharing.known_user(platform, sub) or _from_roster(course, sub, claims) or _create_account(claims)
    try:
        with transaction.atomic():
            return Identity.objects.create(
                platform=platform, sub=sub, user=user, copied_name=_full_name(claims) if user.get_full_name() else ""
            )
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
    """Store the name and e-mail from the platform.

    The account gets the name if it has none, or still has the one that it last got from the platform. A name that the
    person or the school entered here stays.
    """
    name, email = c.string(claims, "name", most=300), c.string(claims, "email", most=300)
    now = {"name": name or identity.name, "email": email or identity.email, "copied_name": identity.copied_name}
    user, fresh = identity.user, _full_name(claims)
    if fresh and _has_no_name_of_its_own(identity):
        now["copied_name"] = fresh
        if user.get_full_name() != fresh:
            user.first_name, user.last_name = _names(claims)
            user.save(update_fields=["first_name", "last_name"])
    changed = [field for field, value in now.items() if getattr(identity, field) != value]
    for field in changed:
        setattr(identity, field, now[field])
    if changed:
        identity.save(update_fields=changed)


def _has_no_name_of_its_own(identity: Identity) -> bool:
    """Whether the account's name came from the platform. Older rows do not say it: accounts without password."""
    known = identity.user.get_full_name()
    if not known or known == identity.copied_name:
        return True
    return not identity.copied_name and not is_password_usable(identity.user.password)


def _full_name(claims: Claims) -> str:
    return " ".join(filter(None, _names(claims)))


def record_launch(
    lms_course: LmsCourse, identity: Identity, role: Role, *, roster_role: Role | None = None
) -> Membership:
    """Store the role of a launch, and update the person's enrollment in our course.

    A lower role than before is stored only after `LOWERED_FOR`. `roster_role` is the role in the roster if it was read
    for this launch.
    """
    row, _ = Membership.objects.select_related("identity__platform").get_or_create(
        lms_course=lms_course, identity=identity
    )
    row.roster_role = roster_role or row.roster_role
    row.launched_at = timezone.now()
    known = row.role
    if known is None or RANK[role] >= RANK[known] or _is_lower_for_good(row, role, row.launched_at):
        row.launch_role, row.lowered_at = role, None
    else:
        row.lowered_at = row.lowered_at or row.launched_at
    row.gone_at = None
    row.save()
    update_enrollment(row)
    return row


def record_roster_role(row: Membership, role: Role) -> None:
    """Store the role of a member in the roster, and update the person's enrollment in our course.

    If the roster had a higher role before, the person has lost it there, whatever earlier launches said.
    """
    has_lost = bool(row.roster_role) and RANK[role] < RANK[Role(row.roster_role)]
    row.roster_role, row.gone_at = role, None
    if has_lost or (row.launch_role and _is_lower_for_good(row, role, timezone.now())):
        row.launch_role, row.lowered_at = role, None
    row.save()
    update_enrollment(row)


def _is_lower_for_good(row: Membership, role: Role, now: datetime) -> bool:
    """Whether every launch of a day had a lower role than before, and the roster has no higher one than `role`."""
    if row.lowered_at is None or now - row.lowered_at < LOWERED_FOR:
        return False
    return not row.roster_role or RANK[Role(row.roster_role)] <= RANK[role]


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
    theirs = Membership.objects.filter(lms_course__course=course, identity__user=user)
    rows = list(theirs.select_related("identity__platform"))
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
