"""How django-allauth asks this project who can sign up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from server.invitations.services import find
from server.invitations.views import SESSION_KEY


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by staff, by an invitation or by an LMS. There is no open sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether this session opened an invitation that is still valid."""
        code = request.session.get(SESSION_KEY)
        return isinstance(code, str) and find(code) is not None
