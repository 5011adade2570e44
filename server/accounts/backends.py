"""Finding the account that a sign-in means."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend as AllauthBackend
from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from server.accounts.models import User


class AuthenticationBackend(AllauthBackend):
    """allauth's backend, which looks for an e-mail address only if there is one, and hashes once for each sign-in.

    allauth's own tries an address again as a user name and as an address. A wrong password for a known address then
    takes twice as long as one for an unknown address, which tells who has an account.
    """

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        """Return the account with this user name or e-mail address if the password is right.

        Raises PermissionDenied if it is wrong, so that Django asks no other backend, which would hash again.
        """
        password = credentials.get("password")
        login = credentials.get("email") or credentials.get("username")
        if not password or not login:
            return None
        accounts = _accounts(login)
        if not accounts:
            make_password(password)  # as long as a wrong password for an account
        account = next((one for one in accounts if self._fits(one, password)), None)
        if account is None:
            raise PermissionDenied
        return account

    def _fits(self, account: User, password: str) -> bool:
        if not account.check_password(password):
            return False
        if self.user_can_authenticate(account):
            return True
        # allauth then shows the page for accounts that are not active.
        self._stash_user(account)
        return False


def _accounts(login: str) -> list[User]:
    """Return the accounts that somebody can mean: almost always one. An e-mail address comes before a user name."""
    by_email = filter_users_by_email(login, prefer_verified=True, for_login=True) if "@" in login else []
    by_name = None if by_email else get_user_by_username(login)
    return [*by_email, *([by_name] if by_name else [])]
