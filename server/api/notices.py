"""E-mails about API tokens, so that nobody can make one unnoticed with somebody else's session."""

from django.conf import settings

from server.accounts.models import User
from server.api.models import ApiToken
from server.mail.models import MailKind
from server.mail.services import queue_notice

MADE = """The API token "{name}" ({prefix}...) was created for {courses}. It has your rights there:

    {scopes}

If you did not expect this, tell an instructor of the course or an administrator, and change your password. Instructors
can revoke tokens on the page Integrations, API tokens:

    {url}
"""
TAKEN_OVER = """{by} took over the API token "{name}" ({prefix}...) for {courses}, which was yours.
It no longer acts with your rights.

    {url}
"""


def mail_made(row: ApiToken) -> None:
    """Tell the person whose rights a new token has."""
    _mail(row.person, f"A new API token: {row.name}", MADE, row)


def mail_taken_over(row: ApiToken, *, former: User | None, by: User) -> None:
    """Tell the former owner of a token that somebody else has taken it over."""
    _mail(former, f"API token taken over: {row.name}", TAKEN_OVER, row, by=by.display_name)


def _mail(person: User | None, subject: str, text: str, row: ApiToken, **words: str) -> None:
    if person is None:
        return
    courses = list(row.courses.all())
    url = f"{settings.PUBLIC_URL}{courses[0].get_absolute_url()}" if courses else settings.PUBLIC_URL
    words |= {"name": row.name, "prefix": row.prefix, "scopes": ", ".join(row.scopes), "url": url}
    text = text.format(courses=", ".join(map(str, courses)), **words)
    queue_notice(MailKind.SECURITY, [person], subject, text)
