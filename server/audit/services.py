"""Writing to the audit log."""

from urllib.parse import urlsplit

from server.accounts.models import User
from server.audit.models import AuditAction, AuditEntry
from server.audit.origin import current_actor
from server.courses.models import Course


def record(
    action: AuditAction,
    *,
    course: Course | None,
    by: User | None = None,
    about: User | None = None,
    what: str = "",
    before: str = "",
    after: str = "",
    why: str = "",
) -> AuditEntry:
    """Write an entry, in the caller's transaction.

    `by` is who acts; without it, the user of the page or the owner of the token. Texts are cut to the lengths of their
    columns. Never pass a secret or a learner's code.
    """
    actor = current_actor()
    return AuditEntry.objects.create(
        by=by or actor.person(),
        origin=actor.origin,
        token=_short(actor.token(), 120),
        area=action.area,
        action=action,
        course=course,
        about=about,
        what=_short(what, 200),
        before=_short(before, 300),
        after=_short(after, 300),
        why=_short(why, 300),
    )


def public_part(url: str) -> str:
    """Return the server that a URL names. The rest of it can hold secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"


def _short(text: str, length: int) -> str:
    line = " ".join(str(text).replace("\0", "").split())
    return line if len(line) <= length else line[: length - 1] + "…"
