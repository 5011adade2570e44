"""Builders for LTI rows: they fill in the values that a test does not care about."""

from datetime import timedelta

from django.utils import timezone

from server.lti.launch.login import digest
from server.lti.models import Identity, LineItem, LmsCourse, Platform, PlatformInvitation, Selection
from server.lti.platform import registration
from tests.support.people import make_user


def make_platform(course, **fields):
    address = "https://lms.example.org"
    defaults = {
        "issuer": address,
        "client_id": "abc",
        "auth_url": f"{address}/auth",
        "token_url": f"{address}/token",
        "jwks_url": f"{address}/jwks",
    }
    return registration.add(Platform(course=course, **defaults | fields), deployment_id="1", every_course=True)


def make_lms(assignment, user):
    """Make an LMS course with a column for an assignment, and an open invitation: {parameter of a URL: primary key}."""
    course = assignment.course
    deployment = make_platform(course, client_id="linked").deployments.get()
    memberships = {"memberships_url": "https://lms.example.org/members"}
    lms_course = LmsCourse.objects.create(deployment=deployment, course=course, context_id="linked", **memberships)
    registration.invite(course, by=user)
    return {
        "platform": deployment.platform_id,
        "deployment": deployment.pk,
        "lms_course": lms_course.pk,
        "column": LineItem.objects.create(lms_course=lms_course, assignment=assignment).pk,
        "lms_invitation": PlatformInvitation.objects.get(course=course).pk,
    }


def make_selection(course, user):
    """Make a deep link request that waits for the user's choice; return its token."""
    deployment = make_platform(course).deployments.get()
    Selection.objects.create(
        token=digest("selection"),
        user=user,
        lms_course=LmsCourse.objects.create(deployment=deployment, course=course),
        return_url="https://lms.example.org/back",
        expires_at=timezone.now() + timedelta(hours=1),
    )
    return "selection"


def make_identity(course, **fields):
    """Make a person who comes from a platform and has no password."""
    return Identity.objects.create(platform=make_platform(course), sub="1", user=make_user(password=None, **fields))
