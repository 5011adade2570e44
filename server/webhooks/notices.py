"""E-mails to instructors about a disabled endpoint."""

from server.common.notices import send_notice
from server.courses.models import Role
from server.webhooks.models import Endpoint

TEXT = """Chainrule no longer sends events of "{endpoint.course}" to

    {endpoint.url}

{endpoint.disabled_because}

Nothing is lost: deliveries that failed are kept. Repair the receiver, then enable the endpoint again
(PATCH /api/v1/webhook-endpoints/{endpoint.pk} with {{"enabled": true}}), and replay the deliveries that failed.
"""


def mail_instructors(endpoint: Endpoint) -> None:
    """Send an e-mail to the instructors of the course after the commit."""
    people = endpoint.course.enrollments.filter(role=Role.INSTRUCTOR, user__is_active=True)
    addresses = people.values_list("user__email", flat=True)
    send_notice(f"Webhook disabled in {endpoint.course}", TEXT.format(endpoint=endpoint), addresses)
