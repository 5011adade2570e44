"""Ending a person's sessions."""

from django.contrib.auth import update_session_auth_hash
from django.db.models import F
from django.http import HttpRequest

from server.accounts.models import User


def sign_out_elsewhere(request: HttpRequest, user: User) -> None:
    """End every session of a person except the one of this request. Changing the password does the same."""
    User.objects.filter(pk=user.pk).update(sign_outs=F("sign_outs") + 1)
    user.refresh_from_db(fields=["sign_outs"])
    update_session_auth_hash(request, user)
