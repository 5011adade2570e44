"""Tokens: how they are written, made, found and revoked.

    cr_ + 40 random letters and digits (238 bits) + 6 of checksum

The checksum (CRC-32 in base 62) tells a typing error from a wrong token without a look into the database, and lets
scanners of public code recognise ours. Being random, a token needs no slow hash: SHA-256 is what is kept.
"""

import secrets
import string
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from zlib import crc32

from django.db import transaction
from django.utils import timezone

from server.accounts.models import User
from server.api import notices
from server.api.models import ApiToken, TokenScope
from server.audit.models import AuditAction
from server.audit.services import record
from server.courses.models import Course

MARK = "cr_"
ALPHABET = string.digits + string.ascii_letters
RANDOM = 40
CHECKSUM = 6
# `last_used_at` is written at most this often: a write for each request would cost too much.
A_MINUTE = timedelta(minutes=1)


def new_token() -> str:
    """Return a new random token."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    return MARK + body + checksum(body)


def checksum(body: str) -> str:
    """Return the checksum of a token's random part, six letters and digits."""
    number, letters = crc32(body.encode()), ""
    for _ in range(CHECKSUM):
        number, place = divmod(number, len(ALPHABET))
        letters = ALPHABET[place] + letters
    return letters


def looks_right(token: str) -> bool:
    """Whether this has the form of our tokens: prefix, length and checksum are right."""
    body = token.removeprefix(MARK)
    well_formed = token.startswith(MARK) and token.isascii() and len(body) == RANDOM + CHECKSUM
    return well_formed and secrets.compare_digest(checksum(body[:RANDOM]), body[RANDOM:])


def digest(token: str) -> str:
    """Return the digest of a token, which is what we store."""
    return sha256(token.encode()).hexdigest()


@transaction.atomic
def make_token(
    name: str,
    *,
    courses: Iterable[Course],
    scopes: Collection[TokenScope],
    expires_at: datetime | None = None,
    learner: User | None = None,
    owner: User | None = None,
) -> tuple[ApiToken, str]:
    """Create a token; return its row and the token itself, which cannot be shown again."""
    token = new_token()
    row = ApiToken.objects.create(
        name=name,
        prefix=token[: len(MARK) + 6],
        digest=digest(token),
        scopes=sorted(str(scope) for scope in scopes),
        expires_at=expires_at,
        learner=learner,
        owner=owner,
    )
    row.courses.set(courses)
    for course in row.courses.all():
        whose = f"personal, for {learner.display_name}" if learner else "for the course"
        record(AuditAction.TOKEN_MADE, course=course, about=learner, what=str(row), after=f"{whose}, {_words(row)}")
    notices.mail_made(row)
    return row, token


def _words(row: ApiToken) -> str:
    end = f"until {row.expires_at:%Y-%m-%d}" if row.expires_at else "without end"
    return f"{', '.join(row.scopes)}, {end}"


def find_token(token: str) -> ApiToken | None:
    """Return the row of a valid token, None if there is none. Updates `last_used_at`."""
    if not looks_right(token):
        return None
    now = timezone.now()
    row = ApiToken.objects.select_related("owner", "learner").filter(digest=digest(token)).first()
    if row is None or not row.is_valid(now):
        return None
    if row.last_used_at is None or now - row.last_used_at > A_MINUTE:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    return row


@transaction.atomic
def revoke(row: ApiToken) -> None:
    """Revoke a token for good."""
    if ApiToken.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=timezone.now()):
        for course in row.courses.all():
            record(AuditAction.TOKEN_REVOKED, course=course, about=row.learner, what=str(row))


@transaction.atomic
def take_over(row: ApiToken, *, by: User) -> None:
    """Make a person the owner of a token of the course: it has their rights from now on, and its value stays."""
    former = row.owner
    row.owner = by
    row.save(update_fields=["owner"])
    notices.mail_taken_over(row, former=former, by=by)
    before = former.display_name if former else "no owner"
    for course in row.courses.all():
        record(AuditAction.TOKEN_TAKEN_OVER, course=course, by=by, what=str(row), before=before, after=by.display_name)
