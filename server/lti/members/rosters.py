"""Rosters of LMS courses (LTI: Names and Role Provisioning), merged with what launches sent.

Work is never deleted. A person who is no longer in the roster (Moodle leaves out suspended people) is marked as gone:
staff lose their role, students stay. A roster without any person counts as an error of the platform.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from server.courses.models import Role
from server.lti.errors import ServiceError
from server.lti.grades import outbox
from server.lti.members.people import identify, record_roster_role, update_enrollment
from server.lti.members.roles import role_of
from server.lti.models import Identity, LineItem, LmsCourse, Membership
from server.lti.platform import claims as c
from server.lti.platform.claims import ROSTER, Claims
from server.lti.platform.paging import fetch_pages
from server.lti.publish import publish_rosters

log = structlog.get_logger(__name__)

ROSTER_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
EVERY = timedelta(hours=6)
MAX_ROSTERS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Synced:
    """What a synchronization changed: people in the roster, how many of them are new here, and how many left."""

    named: int
    new: int
    gone: int


def sync(lms_course: LmsCourse) -> Synced:
    """Synchronize our course with an LMS course's roster. Raises ServiceError, also stored, if it cannot be read."""
    try:
        members = {c.string(one, "user_id", most=255): one for one in _members(lms_course)}
        members.pop("", None)
        if not any(_is_active(one) for one in members.values()):
            raise ServiceError("The roster is empty.")
    except ServiceError as error:
        LmsCourse.objects.filter(pk=lms_course.pk).update(roster_at=timezone.now(), roster_error=error.words[:300])
        raise
    return _merge(lms_course, members)


def sync_due() -> None:
    """Synchronize the rosters that were not read for some hours. If a platform does not answer, the others go on."""
    rows = LmsCourse.objects.filter(
        Q(roster_at=None) | Q(roster_at__lt=timezone.now() - EVERY),
        course__isnull=False,
        course__archived_at=None,
        deployment__approved=True,
        deployment__platform__enabled=True,
    ).exclude(memberships_url="")
    for row in rows.select_related("deployment__platform", "course")[:MAX_ROSTERS]:
        try:
            sync(row)
        except ServiceError as error:
            log.warning("roster_failed", lms_course=row.pk, words=error.words)


def role_in_roster(lms_course: LmsCourse, sub: str) -> Role | None:
    """Return a person's role in the roster, read now; None if they are not in it, or if it cannot be read."""
    try:
        found = next((one for one in _members(lms_course) if c.string(one, "user_id", most=255) == sub), None)
    except ServiceError as error:
        log.warning("roster_failed", lms_course=lms_course.pk, words=error.words)
        return None
    return role_of(c.strings(found, "roles")) if found and _is_active(found) else None


def request_sync(lms_course: LmsCourse) -> None:
    """Request the synchronization of a roster, even if it was read recently. A worker makes it."""
    LmsCourse.objects.filter(pk=lms_course.pk).update(roster_at=None)
    publish_rosters()


def _members(lms_course: LmsCourse) -> Iterator[Claims]:
    if not lms_course.memberships_url:
        raise ServiceError("The platform does not share its roster with us.")
    for page in fetch_pages(lms_course.platform, [ROSTER], lms_course.memberships_url, accept=ROSTER_TYPE):
        found = page.get("members") if isinstance(page, dict) else None
        yield from (one for one in found or [] if isinstance(one, dict))


def _is_active(member: Claims) -> bool:
    return c.string(member, "status") in {"", "Active"}


@transaction.atomic
def _merge(lms_course: LmsCourse, members: dict[str, Claims]) -> Synced:
    row = (
        LmsCourse.objects.select_for_update(of=("self",))
        .select_related("course", "deployment__platform")
        .get(pk=lms_course.pk)
    )
    assert row.course is not None, "only linked courses have a roster here"
    rows = row.memberships.select_related("identity__user", "identity__platform", "lms_course__course")
    known = {one.identity.sub: one for one in rows}
    active = {sub: one for sub, one in members.items() if _is_active(one)}
    new = 0
    for sub, member in active.items():
        new += sub not in known
        _join(row, sub, member, known.get(sub))
    gone = [one for sub, one in known.items() if sub not in active and one.gone_at is None]
    for membership in gone:
        membership.gone_at = timezone.now()
        membership.save(update_fields=["gone_at"])
        update_enrollment(membership)
    row.roster_at, row.roster_error = timezone.now(), ""
    row.save(update_fields=["roster_at", "roster_error"])
    outbox.update_passbacks(LineItem.objects.filter(lms_course=row))
    return Synced(named=len(active), new=new, gone=len(gone))


def _join(row: LmsCourse, sub: str, member: Claims, membership: Membership | None) -> None:
    assert row.course is not None, "only linked courses have a roster here"
    role = role_of(c.strings(member, "roles"))
    if membership is None or _has_news(membership.identity, member):
        identity = identify(row.platform, row.course, {**member, "sub": sub})
        membership = membership or Membership(lms_course=row, identity=identity)
    elif (membership.roster_role, membership.gone_at, membership.lowered_at) == (role, None, None):
        return
    record_roster_role(membership, role)


def _has_news(identity: Identity, member: Claims) -> bool:
    """Whether the roster has another name or e-mail address of a person than we have stored."""
    sent = {"name": c.string(member, "name", most=300), "email": c.string(member, "email", most=300)}
    return any(value and getattr(identity, field) != value for field, value in sent.items())
