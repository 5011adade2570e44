"""Template tags of invitations."""

from typing import Any

from django import template

from server.accounts.models import User
from server.courses.models import Course
from server.invitations.passwords import can_be_invited
from server.mail.models import Mail, MailKind, MailState
from server.mail.services import can_get_mail

register = template.Library()


@register.inclusion_tag("invitations/_person.html", takes_context=True)
def mail_of(context: Any, person: User, course: Course) -> dict[str, Any]:
    """Show if mail reaches a person: the last invitation to the course, and the last mail that was refused."""
    own = Mail.objects.filter(recipient=person, address=person.email).order_by("-pk")
    last = own.exclude(state__in=(MailState.PENDING, MailState.CANCELLED)).first()
    return {
        "csrf_token": context.get("csrf_token"),
        "person": person,
        "course": course,
        "invitation": own.filter(kind=MailKind.INVITATION, course=course).first(),
        "lost": last if last is not None and last.state != MailState.SENT else None,
        "reachable": can_get_mail(person),
        "can_invite": can_be_invited(person) and can_get_mail(person),
    }
