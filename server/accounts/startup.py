"""Checks before the website or the records worker starts."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from server.accounts.models import User


def refuse_demo_accounts() -> None:
    """Raise ImproperlyConfigured if a production database has demo accounts: their passwords are public."""
    if settings.REFUSE_DEMO_ACCOUNTS and User.objects.filter(is_demo=True).exists():
        raise ImproperlyConfigured(
            "This database has demo accounts, and their passwords are public. "
            "Start production with a new database, or delete these accounts first."
        )
