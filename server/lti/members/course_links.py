"""What instructors decide about platforms: which course an LMS course is linked to, and which deployments are open."""

from collections.abc import Collection

import structlog
from django.db import transaction
from django.db.models import QuerySet

from server.accounts.models import User
from server.audit.models import AuditAction
from server.audit.services import record
from server.courses.models import Course, Enrollment, Role
from server.lti.members import sharing
from server.lti.members.people import update_enrollment
from server.lti.models import Deployment, LmsCourse, Membership, Platform

log = structlog.get_logger(__name__)


@transaction.atomic
def approve(platform: Platform, deployment_id: str, *, every_course: bool = False) -> Deployment:
    """Approve a deployment. With `every_course`, its LMS courses are linked to the platform's course from now on."""
    row, _ = Deployment.objects.update_or_create(
        platform=platform,
        deployment_id=deployment_id,
        defaults={"approved": True, "every_course": every_course},
    )
    record(AuditAction.DEPLOYMENT_APPROVED, course=platform.course, what=_name(row))
    if every_course:
        for lms_course in LmsCourse.objects.filter(deployment=row, course=None):
            link_course(lms_course, platform.course)
    return row


@transaction.atomic
def link_course(lms_course: LmsCourse, course: Course | None, *, by: User | None = None) -> None:
    """Link an LMS course to one of our courses, or to none.

    People who are instructors of the former course only because of its link lose that role, except the person who
    changes the link (`by`). Students stay, and all work is kept. Pending scores wait until the course is linked again.
    """
    row = LmsCourse.objects.select_for_update(of=("self",)).select_related("course").get(pk=lms_course.pk)
    former = row.course
    if former == course:
        return
    row.course = course
    row.save(update_fields=["course"])
    for one in {former, course} - {None}:
        before, after = (there.title if there else "no course" for there in (former, course))
        record(AuditAction.LMS_COURSE_LINKED, course=one, by=by, what=str(row), before=before, after=after)
    row.links.update(assignment=None, line_item=None)  # the next launch sets them again
    if former is not None:
        _remove_roles(row, former, by)
    for membership in _memberships(row):
        update_enrollment(membership)
    log.info("lms_course_linked", lms_course=row.pk, course=course and course.slug, by=by and by.pk)


def _remove_roles(row: LmsCourse, former: Course, by: User | None) -> None:
    """Remove the roles in the former course that only this LMS course gave."""
    for membership in _memberships(row).exclude(granted="").exclude(identity__user=by):
        user = membership.identity.user
        elsewhere = Membership.objects.filter(lms_course__course=former, identity__user=user).first()
        if elsewhere is not None:
            update_enrollment(elsewhere)
        elif membership.granted != Role.STUDENT:
            Enrollment.objects.filter(course=former, user=user, role=membership.granted).delete()
    row.memberships.update(granted="")


def _memberships(row: LmsCourse) -> QuerySet[Membership]:
    return row.memberships.select_related("lms_course__course", "identity__user")


@transaction.atomic
def switch(platform: Platform, *, on: bool) -> None:
    """Enable or disable a platform. Disabled: no launches, no scores, no rosters. Nothing is deleted."""
    platform.enabled = on
    platform.save(update_fields=["enabled"])
    action = AuditAction.PLATFORM_ENABLED if on else AuditAction.PLATFORM_DISABLED
    record(action, course=platform.course, what=platform.issuer)
    log.info("platform_switched", platform=platform.pk, on=on)


@transaction.atomic
def change(platform: Platform, *, changed: Collection[str]) -> None:
    """Save a platform with new addresses. `changed` are the names of its fields that differ."""
    platform.save()
    if "jwks_url" in changed:
        # Somebody with the new keys must not reach people of the other registration.
        sharing.stop_sharing(platform)
    if changed:
        names = ", ".join(sorted(name.replace("_", " ") for name in changed))
        record(AuditAction.PLATFORM_CHANGED, course=platform.course, what=platform.issuer, after=names)


@transaction.atomic
def delete(platform: Platform) -> None:
    """Delete a platform that nobody has used."""
    record(AuditAction.PLATFORM_DELETED, course=platform.course, what=platform.issuer)
    platform.delete()


@transaction.atomic
def withdraw_approval(deployment: Deployment) -> None:
    """Refuse launches through a deployment until it is approved again."""
    deployment.approved, deployment.every_course = False, False
    deployment.save(update_fields=["approved", "every_course"])
    record(AuditAction.DEPLOYMENT_CLOSED, course=deployment.platform.course, what=_name(deployment))


def _name(deployment: Deployment) -> str:
    return f"{deployment.deployment_id} of {deployment.platform.issuer}"
