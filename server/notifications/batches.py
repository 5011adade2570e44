"""Makes mails of news: one for each person and course, some minutes after the first of them."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from server.courses.models import Enrollment
from server.mail.letters import LetterLink, Part, Written, write
from server.mail.models import MailKind, SwitchedOff
from server.mail.services import queue_mail
from server.notifications.models import News

# How many mails one run makes. The next run makes the others.
MOST = 300
# How many news a mail lists.
MOST_LISTED = 20


def collect() -> bool:
    """Queue a mail for everybody whose first news are old enough; return whether there are more."""
    before = timezone.now() - timedelta(seconds=settings.MAIL_BATCH_SECONDS)
    groups = News.objects.order_by().values_list("user", "course").annotate(first=Min("at"))
    ready = list(groups.filter(first__lte=before).order_by("first")[:MOST])
    for user, course, _ in ready:
        _queue(user, course)
    return len(ready) == MOST


@transaction.atomic
def _queue(user: int, course: int) -> None:
    """Queue the mail and delete its news, both or neither. Another worker's rows are locked, then gone."""
    rows = list(News.objects.select_for_update().filter(user=user, course=course).order_by("pk"))
    News.objects.filter(pk__in=[row.pk for row in rows]).delete()
    membership = Enrollment.objects.select_related("user", "course").filter(user=user, course=course).first()
    off = set(SwitchedOff.objects.filter(user=user).values_list("kind", flat=True))
    wanted = [row for row in rows if row.kind not in off]
    if membership is not None and wanted:
        kinds = sorted({MailKind(row.kind) for row in wanted})
        letter = _letter(membership, wanted)
        queue_mail(kinds[0], [membership.user], letter, course=membership.course, stops=kinds)


def _letter(membership: Enrollment, rows: list[News]) -> Written:
    course = membership.course
    once = {(row.text, row.path): row for row in rows}
    subject = rows[0].text.rstrip(".") if len(once) == 1 else f"{len(once)} news"
    parts: list[Part] = []
    for text, path in list(once)[:MOST_LISTED]:
        parts += [text, LetterLink(label="Open it", url=settings.PUBLIC_URL + path)]
    if len(once) > MOST_LISTED:
        parts.append(f"And {len(once) - MOST_LISTED} more: see the page of the course.")
    why = f"You get this mail because you are in the course {course.title}."
    return write(f"{course.title}: {subject}", parts, why=why, can_stop=True)
