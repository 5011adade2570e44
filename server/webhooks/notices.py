"""E-mails to instructors about a disabled endpoint."""

import structlog
from django.core.mail import send_mail

from server.courses.models import Role
from server.webhooks.models import Endpoint

log = structlog.get_logger(__name__)

TEXT = """Chainrule no longer sends events of "{endpoint.course}" to

    {endpoint.url}

{endpoint.disabled_because}

Nothing is lost: deliveries that failed are kept. Repair the receiver, then enable the endpoint again
(PATCH /api/v1/webhook-endpoints/{endpoint.pk} with {{"enabled": true}}), and replay the deliveries that failed.
"""


def mail_instructors(endpoint: Endpoint) -> None:
    """Send an e-mail to the instructors of the course. If it cannot be sent, that is logged and nothing else fails."""
    people = endpoint.course.enrollments.filter(role=Role.INSTRUCTOR).select_related("user")
    addresses = [one.user.email for one in people if one.user.email]
    if not addresses:
        return
    try:
        send_mail(f"Webhook disabled in {endpoint.course}", TEXT.format(endpoint=endpoint), None, addresses)
    except OSError:
        log.exception("notice_not_sent", endpoint=endpoint.pk)
