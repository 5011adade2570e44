"""What an instructor may do to a course's tokens. Webhooks have their own services."""

from django.db import transaction

from server.accounts.models import User
from server.api import tokens
from server.api.models import ApiToken, Scope


@transaction.atomic
def replace_token(row: ApiToken, *, by: User) -> tuple[ApiToken, str]:
    """Revoke a token and return another that opens the same, with the token itself; it ends when the old one would."""
    ApiToken.objects.select_for_update().get(pk=row.pk)
    tokens.revoke(row)
    return tokens.make_token(
        row.name,
        courses=row.courses.all(),
        scopes=[Scope(scope) for scope in row.scopes],
        expires_at=row.expires_at,
        owner=by,
    )
