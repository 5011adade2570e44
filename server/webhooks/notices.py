"""E-mails to instructors about a disabled endpoint."""

from server.accounts.models import User
from server.courses.models import Role
from server.mail.models import MailKind
from server.mail.services import queue_notice
from server.webhooks.models import Endpoint

TEXT = """Chainrule no longer sends events of "{endpoint.course}" to

    {endpoint.url}

{endpoint.disabled_because}

Nothing is lost: deliveries that failed are kept. Repair the receiver, then enable the endpoint again
(PATCH /api/v1/webhook-endpoints/{endpoint.pk} with {{"enabled": true}}), and replay the deliveries that failed.
"""


def mail_instructors(endpoint: Endpoint) -> None:
    """Queue an e-mail to the instructors of the course."""
    course = endpoint.course
    people = User.objects.filter(enrollments__course=course, enrollments__role=Role.INSTRUCTOR)
    subject = f"Webhook disabled in {course}"
    queue_notice(MailKind.CONNECTION, people, subject, TEXT.format(endpoint=endpoint), course=course)
