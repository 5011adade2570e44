"""Registering a platform: by hand, or by the platform itself (LTI dynamic registration).

The latter asks us to fetch an address that the visitor names, and makes what answers there a platform. So it takes an
invitation of an instructor's, good for one use; and a platform must lie where its issuer says it does.
"""

import json
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from server.accounts.models import User
from server.courses.models import Course
from server.lti.errors import LaunchError, ServiceError
from server.lti.launch.login import digest
from server.lti.models import Deployment, Family, Invitation, LmsCourse, Platform, origin_of
from server.lti.platform import claims as c
from server.lti.platform import links, transport
from server.lti.platform.addresses import address_of

VALID_FOR = timedelta(hours=24)
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"


class NotInvited(LaunchError):
    """Nobody invited this platform, or it came too late."""

    status = 403
    title = "This registration link does not hold"
    advice = "It works once, for a day. An instructor can make a new one under Connections, LMS links."


class Unsuitable(LaunchError):
    """The platform's own description of itself is of no use."""

    title = "The platform could not be registered"
    advice = "An instructor can register it by hand under Connections, LMS links."


def invite(course: Course, *, by: User) -> str:
    """Return the address by which a platform may register itself with a course, once, within a day."""
    code = secrets.token_urlsafe(24)
    Invitation.objects.create(code=digest(code), course=course, by=by, expires_at=timezone.now() + VALID_FOR)
    return f"{address_of('register')}?code={code}"


@transaction.atomic
def add(platform: Platform, *, deployment_id: str = "", every_course: bool = False) -> Platform:
    """Save a platform, with a deployment that is approved thereby."""
    platform.save()
    if deployment_id:
        approve(platform, deployment_id, every_course=every_course)
    return platform


def approve(platform: Platform, deployment_id: str, *, every_course: bool = False) -> Deployment:
    """Let a deployment in; with `every_course`, all its LMS courses are the platform's course from now on."""
    row, _ = Deployment.objects.update_or_create(
        platform=platform,
        deployment_id=deployment_id,
        defaults={"approved": True, "every_course": every_course},
    )
    if every_course:
        for lms_course in LmsCourse.objects.filter(deployment=row, course=None):
            links.link(lms_course, platform.course)
    return row


def register(*, code: str, configuration_url: str, token: str) -> Platform:
    """Have a platform register itself; NotInvited or Unsuitable where it does not come to that."""
    invitation = Invitation.objects.select_related("course").filter(code=digest(code)).first()
    if invitation is None or invitation.has_expired:
        raise NotInvited("no invitation, or one that is over")
    try:
        description = transport.get_json(configuration_url)
        platform = _described(invitation.course, configuration_url, description)
        # Used up before the platform is told: two at once must not both register.
        if not Invitation.objects.filter(pk=invitation.pk).delete()[0]:
            raise NotInvited("the invitation was used meanwhile")
        granted = _post(c.text(description, "registration_endpoint"), token)
    except ServiceError as error:
        raise Unsuitable(error.words) from None
    platform.client_id = c.text(granted, "client_id", most=200)
    if not platform.client_id:
        raise Unsuitable("the platform gave no client id")
    if Platform.objects.filter(issuer=platform.issuer, client_id=platform.client_id).exists():
        raise Unsuitable("a platform of this issuer and client id is registered already")
    return add(platform, deployment_id=c.text(c.part(granted, TOOL), "deployment_id", most=255))


def _described(course: Course, configuration_url: str, data: Any) -> Platform:
    said = data if isinstance(data, dict) else {}
    issuer = c.text(said, "issuer", most=300)
    if not issuer or origin_of(issuer) != origin_of(configuration_url):
        raise Unsuitable(f"the issuer {issuer!r} is elsewhere than its description")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint")
    found = {name: c.address(said, name) for name in names}
    if not all(found.values()) or any(len(address) > 500 for address in found.values()):
        raise Unsuitable("the description lacks an address")
    family = c.text(c.part(said, PLATFORM), "product_family_code").lower()
    return Platform(
        course=course,
        name=urlsplit(issuer).hostname or issuer,
        family=Family(family) if family in Family.values else Family.OTHER,
        issuer=issuer,
        auth_url=found["authorization_endpoint"],
        token_url=found["token_endpoint"],
        jwks_url=found["jwks_uri"],
        token_audience=c.text(said, "authorization_server", most=500),
    )


def _post(address: str, token: str) -> c.Claims:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token:
        if not token.isascii() or not token.isprintable():
            raise Unsuitable("the registration token is none")
        headers["Authorization"] = f"Bearer {token}"
    answer = transport.ask("POST", address, body=json.dumps(tool()).encode(), headers=headers)
    if not answer.good:
        raise ServiceError(answer.words, status=answer.status)
    data = answer.json()
    return data if isinstance(data, dict) else {}


def tool() -> dict[str, Any]:
    """Return how we describe ourselves to a platform."""
    launch = address_of("launch")
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": address_of("login"),
        "redirect_uris": [launch, address_of("deep-link")],
        "client_name": "Chainrule",
        "jwks_uri": address_of("jwks"),
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join([c.LINE_ITEM, c.RESULT, c.SCORE, c.ROSTER]),
        TOOL: {
            "domain": urlsplit(settings.PUBLIC_URL).netloc,
            "description": "Auto-graded exercises in automatic differentiation",
            "target_link_uri": launch,
            "claims": ["iss", "sub", "name", "given_name", "family_name"],
            "messages": [
                {"type": c.DEEP_LINK_MESSAGE, "target_link_uri": address_of("deep-link"), "label": "Pick exercises"},
                {"type": c.RESOURCE_MESSAGE, "target_link_uri": launch},
            ],
        },
    }
