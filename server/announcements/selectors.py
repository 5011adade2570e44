"""Reading announcements, and who gets no mail."""

from dataclasses import dataclass

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet

from server.accounts.models import User
from server.accounts.names import in_order
from server.announcements.models import Announcement
from server.announcements.services import recipients
from server.courses.models import Course, Section
from server.courses.visibility import visible_people
from server.mail.addresses import is_usable
from server.mail.models import Mail, MailKind, MailState, SwitchedOff

PER_PAGE = 20
# How many people a page names.
MOST_NAMED = 50
NEWEST = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """Whom a mail to a course reaches. `unreachable` are people without a usable address, in the order of names."""

    mailed: int
    switched_off: int
    unreachable: list[User]

    @property
    def named(self) -> list[User]:
        """The first of those without an address."""
        return self.unreachable[:MOST_NAMED]

    @property
    def unnamed(self) -> int:
        """How many more there are."""
        return max(0, len(self.unreachable) - MOST_NAMED)


def announcements(course: Course, page: int, *, viewer: User) -> Page:
    """Return one page of the announcements of a course that a member can see, the newest first."""
    return Paginator(_visible(course, viewer), PER_PAGE).get_page(page)


def newest(course: Course, *, viewer: User) -> list[Announcement]:
    """Return the newest announcements that a member can see, for the page of the course."""
    return list(_visible(course, viewer)[:NEWEST])


def _visible(course: Course, viewer: User) -> QuerySet[Announcement]:
    """Return what was announced to all, or to a section that the viewer is in or teaches."""
    rows = Announcement.objects.filter(course=course).select_related("author", "section")
    if not viewer.has_perm("courses.teach", course):
        return rows.filter(Q(section=None) | Q(section__enrollments__user=viewer))
    people = visible_people(viewer, course)
    return rows if people.are_all else rows.filter(Q(section=None) | Q(section__in=people.sections))


def reach(course: Course, section: Section | None = None, *, by: User) -> Reach:
    """Return whom an announcement of `by` reaches by mail."""
    people = recipients(course, section, by=by)
    usable = [one for one in people if is_usable(one.email)]
    off = set(SwitchedOff.objects.filter(kind=MailKind.ANNOUNCEMENT, user__in=people).values_list("user", flat=True))
    found = {one.pk for one in usable}
    without = [one for one in people if one.pk not in found]
    without.sort(key=lambda one: in_order(one.last_name, one.first_name, one.username))
    count = len(found - off) if settings.SENDS_MAIL else 0
    return Reach(mailed=count, switched_off=len(found & off), unreachable=without)


def lost_mails(course: Course) -> list[Mail]:
    """Return the newest mails about this course, or to its members, that did not arrive.

    Mails about a person's account belong to no course; only that they were refused is shown, never what they were.
    """
    ours = Q(course=course) | Q(course=None, recipient__enrollments__course=course)
    rows = Mail.objects.filter(ours, state__in=(MailState.REFUSED, MailState.FAILED)).select_related("recipient")
    return list(rows.distinct().order_by("-finished_at")[:MOST_NAMED])


def waiting_mails(course: Course) -> int:
    """Return how many mails of a course were not sent yet."""
    return Mail.objects.filter(course=course, state=MailState.PENDING).count()
