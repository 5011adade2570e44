"""Writes to a course's tokens by instructors. Webhooks have services of their own."""

from django.db import transaction

from server.accounts.models import User
from server.api import tokens
from server.api.models import ApiToken, TokenScope


@transaction.atomic
def replace_token(row: ApiToken, *, by: User) -> tuple[ApiToken, str]:
    """Revoke a token and return a new one with the same permissions and expiry: its row, and the token itself."""
    ApiToken.objects.select_for_update().get(pk=row.pk)
    tokens.revoke(row)
    return tokens.make_token(
        row.name,
        courses=row.courses.all(),
        scopes=[TokenScope(scope) for scope in row.scopes],
        expires_at=row.expires_at,
        owner=by,
    )
