"""Registration of a platform: by hand, or by the platform itself (LTI dynamic registration).

In a dynamic registration we fetch a URL that the visitor sends, and register the platform that answers there. So it
needs an instructor's invitation, which can be used once, and the issuer must have the same origin as that URL.
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
from server.audit.models import AuditAction, Origin
from server.audit.origin import acting
from server.audit.services import record
from server.courses.models import Course
from server.lti.errors import LaunchError, ServiceError
from server.lti.launch.login import digest
from server.lti.models import Deployment, Family, Platform, PlatformInvitation, origin_of
from server.lti.platform import claims as c
from server.lti.platform import http_client
from server.lti.platform.tool_urls import tool_url

VALID_FOR = timedelta(hours=24)
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"


class NotInvited(LaunchError):
    """There is no invitation for this platform, or it has expired."""

    status = 403
    title = "This registration link is not valid"
    advice = "A link works once, for a day. An instructor can make a new one under Integrations, LMS links."


class Unsuitable(LaunchError):
    """The platform's description of itself cannot be used."""

    title = "The platform could not be registered"
    advice = "An instructor can register it by hand under Integrations, LMS links."


@transaction.atomic
def invite(course: Course, *, by: User) -> str:
    """Return a URL with which a platform can register itself with a course, once, within a day."""
    code = secrets.token_urlsafe(24)
    PlatformInvitation.objects.create(code=digest(code), course=course, by=by, expires_at=timezone.now() + VALID_FOR)
    record(AuditAction.PLATFORM_INVITED, course=course, by=by)
    return f"{tool_url('register')}?code={code}"


@transaction.atomic
def withdraw_invitation(invitation: PlatformInvitation) -> None:
    """Delete an unused invitation."""
    record(AuditAction.PLATFORM_UNINVITED, course=invitation.course)
    invitation.delete()


@transaction.atomic
def add(platform: Platform, *, deployment_id: str = "", every_course: bool = False, by: User | None = None) -> Platform:
    """Save a new platform, with an approved deployment if an id is given."""
    platform.save()
    approved = f"deployment {deployment_id} is approved" if deployment_id else ""
    record(AuditAction.PLATFORM_ADDED, course=platform.course, by=by, what=platform.issuer, after=approved)
    if deployment_id:
        Deployment.objects.create(
            platform=platform, deployment_id=deployment_id, approved=True, every_course=every_course
        )
    return platform


def register(*, code: str, configuration_url: str, token: str) -> Platform:
    """Register a platform that registers itself. Raises NotInvited or Unsuitable if that is not possible."""
    invitation = PlatformInvitation.objects.select_related("course", "by").filter(code=digest(code)).first()
    if invitation is None or invitation.has_expired:
        raise NotInvited("no invitation, or an expired one")
    try:
        description = http_client.get_json(configuration_url)
        platform = _platform(invitation.course, configuration_url, description)
        # The invitation is used up before we answer the platform: of two requests at once, only one can register.
        if not PlatformInvitation.objects.filter(pk=invitation.pk).delete()[0]:
            raise NotInvited("the invitation was used meanwhile")
        granted = _post(c.string(description, "registration_endpoint"), token)
    except ServiceError as error:
        raise Unsuitable(error.words) from None
    platform.client_id = c.string(granted, "client_id", most=200)
    if not platform.client_id:
        raise Unsuitable("the platform sent no client id")
    if Platform.objects.filter(issuer=platform.issuer, client_id=platform.client_id).exists():
        raise Unsuitable("a platform of this issuer and client id is registered already")
    with acting(Origin.LMS):
        return add(platform, by=invitation.by, deployment_id=c.string(c.part(granted, TOOL), "deployment_id", most=255))


def _platform(course: Course, configuration_url: str, data: Any) -> Platform:
    description = data if isinstance(data, dict) else {}
    issuer = c.string(description, "issuer", most=300)
    if not issuer or origin_of(issuer) != origin_of(configuration_url):
        raise Unsuitable(f"the issuer {issuer!r} has another origin than its description")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint")
    found = {name: c.address(description, name) for name in names}
    if not all(found.values()) or any(len(address) > 500 for address in found.values()):
        raise Unsuitable("the description lacks an address")
    family = c.string(c.part(description, PLATFORM), "product_family_code").lower()
    return Platform(
        course=course,
        name=urlsplit(issuer).hostname or issuer,
        family=Family(family) if family in Family.values else Family.OTHER,
        issuer=issuer,
        auth_url=found["authorization_endpoint"],
        token_url=found["token_endpoint"],
        jwks_url=found["jwks_uri"],
        token_audience=c.string(description, "authorization_server", most=500),
    )


def _post(address: str, token: str) -> c.Claims:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token:
        if not token.isascii() or not token.isprintable():
            raise Unsuitable("the registration token is not valid")
        headers["Authorization"] = f"Bearer {token}"
    answer = http_client.request("POST", address, body=json.dumps(tool()).encode(), headers=headers)
    data = http_client.read_json(http_client.check_success(answer))
    return data if isinstance(data, dict) else {}


def tool() -> dict[str, Any]:
    """Return our description of this tool for a platform."""
    launch = tool_url("launch")
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": tool_url("login"),
        "redirect_uris": [launch, tool_url("deep-link")],
        "client_name": "Chainrule",
        "jwks_uri": tool_url("jwks"),
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join([c.LINE_ITEM, c.RESULT, c.SCORE, c.ROSTER]),
        TOOL: {
            "domain": urlsplit(settings.PUBLIC_URL).netloc,
            "description": "Auto-graded exercises in automatic differentiation",
            "target_link_uri": launch,
            "claims": ["iss", "sub", "name", "given_name", "family_name"],
            "messages": [
                {"type": c.DEEP_LINK_MESSAGE, "target_link_uri": tool_url("deep-link"), "label": "Pick exercises"},
                {"type": c.RESOURCE_MESSAGE, "target_link_uri": launch},
            ],
        },
    }
