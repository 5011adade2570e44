"""What must hold before the website or the records worker starts."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from server.accounts.models import User


def refuse_demo_accounts() -> None:
    """Raise ImproperlyConfigured where accounts with known passwords are in a production database."""
    if settings.REFUSE_DEMO_ACCOUNTS and User.objects.filter(is_demo=True).exists():
        raise ImproperlyConfigured(
            "This database holds demo accounts, whose passwords everybody knows. "
            "Start production with a fresh database, or delete these accounts first."
        )
