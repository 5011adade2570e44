"""Telling people that an endpoint is no longer served."""

import structlog
from django.core.mail import send_mail

from server.courses.models import Role
from server.webhooks.models import Endpoint

log = structlog.get_logger(__name__)

TEXT = """Chainrule no longer sends events of "{endpoint.course}" to

    {endpoint.url}

{endpoint.disabled_because}

Nothing is lost: what could not be delivered is kept. Repair the other side, then enable the endpoint again
(PATCH /api/v1/webhook-endpoints/{endpoint.pk} with {{"enabled": true}}), and replay what was given up.
"""


def tell_instructors(endpoint: Endpoint) -> None:
    """Write to the instructors of the course. A mail that cannot be sent is noted and holds up nothing."""
    people = endpoint.course.enrollments.filter(role=Role.INSTRUCTOR).select_related("user")
    addresses = [one.user.email for one in people if one.user.email]
    if not addresses:
        return
    try:
        send_mail(f"Webhook disabled in {endpoint.course}", TEXT.format(endpoint=endpoint), None, addresses)
    except OSError:
        log.exception("notice_not_sent", endpoint=endpoint.pk)
