"""Sending announcements."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.safestring import SafeString, mark_safe

from server.accounts.models import User
from server.announcements.models import Announcement
from server.audit.models import AuditAction
from server.audit.services import record
from server.catalogue.markdown import render
from server.courses.models import Course, Section
from server.mail.letters import Formatted, LetterLink, one_line, write
from server.mail.models import MailKind
from server.mail.services import queue_mail

# What a mail and a page need of a person. A course can have thousands.
NEEDED = ("email", "first_name", "last_name", "username", "is_active")


class FormReused(Exception):
    """The key of this form belongs to another announcement. The text says what to do."""


def announce(
    course: Course, *, by: User, subject: str, body: str, form: UUID, section: Section | None = None
) -> Announcement:
    """Show an announcement in a course, or to one section of it, and queue a mail to its members; return it.

    A form that was sent before sends nothing again. Raises FormReused if somebody else sent it, or in another course.
    """
    try:
        return _announce(course, by=by, subject=subject, body=body, form=form, section=section)
    except IntegrityError:
        made = Announcement.objects.filter(form=form, course=course, author=by).first()
        if made is None:
            raise FormReused("This form belongs to another announcement. Open a new one and copy your text.") from None
        return made


@transaction.atomic
def _announce(course: Course, **fields: Any) -> Announcement:
    by = fields.pop("by")
    fields["subject"] = one_line(fields["subject"])
    made = Announcement.objects.create(course=course, author=by, **fields)
    whom = f"the section {made.section} of the course {course.title}" if made.section else f"the course {course.title}"
    written = write(
        f"{course.title}: {made.subject}",
        [
            f"{by.display_name} writes to {whom}:",
            Formatted(source=made.body, html=mail_html(made.body)),
            LetterLink(label="Open the course", url=settings.PUBLIC_URL + course.get_absolute_url()),
        ],
        why=f"You get this mail because you are in the course {course.title}.",
        can_stop=True,
    )
    people = recipients(course, made.section, by=by)
    made.mailed = queue_mail(MailKind.ANNOUNCEMENT, people, written, course=course, stops={MailKind.ANNOUNCEMENT})
    made.save(update_fields=["mailed"])
    after = f"section {made.section}, {_count(made.mailed)}" if made.section else _count(made.mailed)
    record(AuditAction.ANNOUNCED, course=course, by=by, what=made.subject, after=after)
    return made


def recipients(course: Course, section: Section | None = None, *, by: User) -> list[User]:
    """Return the people whom an announcement of `by` reaches: the members with an active account.

    Those of a section are its members, the assistants who are limited to it, and `by`.
    """
    members = course.enrollments.filter(user__is_active=True)
    if section is not None:
        assistants = section.assistant_limits.values("user")
        members = members.filter(Q(section=section) | Q(user__in=assistants) | Q(user=by))
    return list(User.objects.filter(pk__in=members.values("user")).only(*NEEDED).order_by("pk"))


def mail_html(body: str) -> SafeString:
    """Return a body as safe HTML for a mail. Formulas stay TeX: most mail programs show no MathML."""
    return mark_safe(render(body, formulas=False))  # noqa: S308 the renderer cleans it


def _count(number: int) -> str:
    return f"mailed to {number} {'person' if number == 1 else 'people'}"
