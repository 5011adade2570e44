"""Sending announcements."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.safestring import SafeString, mark_safe

from server.accounts.models import User
from server.announcements.models import Announcement
from server.audit.models import AuditAction
from server.audit.services import record
from server.catalogue.markdown import render
from server.courses.models import Course
from server.mail.letters import Formatted, LetterLink, one_line, write
from server.mail.models import MailKind
from server.mail.services import queue_mail


class FormReused(Exception):
    """The key of this form belongs to another announcement. The text says what to do."""


def announce(course: Course, *, by: User, subject: str, body: str, form: UUID) -> Announcement:
    """Show an announcement in a course and queue a mail to its members; return it.

    A form that was sent before sends nothing again. Raises FormReused if somebody else sent it, or in another course.
    """
    try:
        return _announce(course, by=by, subject=subject, body=body, form=form)
    except IntegrityError:
        made = Announcement.objects.filter(form=form, course=course, author=by).first()
        if made is None:
            raise FormReused("This form belongs to another announcement. Open a new one and copy your text.") from None
        return made


@transaction.atomic
def _announce(course: Course, **fields: Any) -> Announcement:
    fields["subject"] = one_line(fields["subject"])
    made = Announcement.objects.create(
        course=course, author=fields["by"], form=fields["form"], subject=fields["subject"], body=fields["body"]
    )
    written = write(
        f"{course.title}: {made.subject}",
        [
            f"{made.author.display_name} writes to the course {course.title}:",
            Formatted(source=made.body, html=mail_html(made.body)),
            LetterLink(label="Open the course", url=settings.PUBLIC_URL + course.get_absolute_url()),
        ],
        why=f"You get this mail because you are in the course {course.title}.",
        can_stop=True,
    )
    made.mailed = queue_mail(
        MailKind.ANNOUNCEMENT, recipients(course), written, course=course, stops={MailKind.ANNOUNCEMENT}
    )
    made.save(update_fields=["mailed"])
    record(AuditAction.ANNOUNCED, course=course, by=fields["by"], what=made.subject, after=_count(made.mailed))
    return made


def recipients(course: Course) -> list[User]:
    """Return the people whom an announcement reaches: the members with an active account."""
    return list(User.objects.filter(enrollments__course=course, is_active=True).order_by("pk"))


def mail_html(body: str) -> SafeString:
    """Return a body as safe HTML for a mail. Formulas stay TeX: most mail programs show no MathML."""
    return mark_safe(render(body, formulas=False))  # noqa: S308 the renderer cleans it


def _count(number: int) -> str:
    return f"mailed to {number} {'person' if number == 1 else 'people'}"
