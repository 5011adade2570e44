"""What an instructor says of platforms: which LMS course is which of ours, and who may come in at all."""

import structlog
from django.db import transaction
from django.db.models import QuerySet

from server.accounts.models import User
from server.courses.models import Course, Enrollment, Role
from server.lti.members.people import settle
from server.lti.models import Deployment, LmsCourse, Membership, Platform

log = structlog.get_logger(__name__)


@transaction.atomic
def link(lms_course: LmsCourse, course: Course | None, *, by: User | None = None) -> None:
    """Say which course of ours an LMS course is, None for no one.

    Whoever instructs in the former only because of this link no longer does, but for the one who says so. Students
    stay; nobody's work is touched. Scores on their way wait until the link is back.
    """
    row = LmsCourse.objects.select_for_update(of=("self",)).select_related("course").get(pk=lms_course.pk)
    former = row.course
    if former == course:
        return
    row.course = course
    row.save(update_fields=["course"])
    row.links.update(assignment=None, line_item=None)  # the next launch says again which these are
    if former is not None:
        _leave(row, former, by)
    for membership in _memberships(row):
        settle(membership)
    log.info("lms_course_linked", lms_course=row.pk, course=course and course.slug, by=by and by.pk)


def _leave(row: LmsCourse, former: Course, by: User | None) -> None:
    """Take away in the former course what only this LMS course gave."""
    for membership in _memberships(row).exclude(granted="").exclude(identity__user=by):
        user = membership.identity.user
        elsewhere = Membership.objects.filter(lms_course__course=former, identity__user=user).first()
        if elsewhere is not None:
            settle(elsewhere)
        elif membership.granted != Role.STUDENT:
            Enrollment.objects.filter(course=former, user=user, role=membership.granted).delete()
    row.memberships.update(granted="")


def _memberships(row: LmsCourse) -> QuerySet[Membership]:
    return row.memberships.select_related("lms_course__course", "identity__user")


def switch(platform: Platform, *, on: bool) -> None:
    """Let a platform in, or keep it out: no launches, no scores, no rosters. Nothing that is there goes away."""
    platform.enabled = on
    platform.save(update_fields=["enabled"])
    log.info("platform_switched", platform=platform.pk, on=on)


def withdraw(deployment: Deployment) -> None:
    """Let nobody in through a deployment any more, until it is approved again."""
    deployment.approved, deployment.every_course = False, False
    deployment.save(update_fields=["approved", "every_course"])
