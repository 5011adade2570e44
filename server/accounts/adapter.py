"""Our choices inside allauth."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class Adapter(DefaultAccountAdapter):
    """Accounts are made by staff, by invitation or by an LMS, never by a passer-by."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whoever came by an invitation that still holds may sign up; nobody else."""
        # The invitations stand above the accounts.
        from server.invitations.services import find  # noqa: PLC0415
        from server.invitations.views import KEY  # noqa: PLC0415

        code = request.session.get(KEY)
        return isinstance(code, str) and find(code) is not None
