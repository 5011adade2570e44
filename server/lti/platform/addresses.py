"""Our own addresses, as platforms are told them. They must be the ones that the platform has: it compares."""

from django.conf import settings
from django.urls import reverse


def address_of(name: str) -> str:
    """Return the public address of one of our LTI pages."""
    return f"{settings.PUBLIC_URL}{reverse(f'lti:{name}')}"
