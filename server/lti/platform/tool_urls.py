"""Our own LTI addresses. Platforms compare them with the registered ones, so they must be exactly the same."""

from django.conf import settings
from django.urls import reverse


def tool_url(name: str) -> str:
    """Return the public URL of one of our LTI pages."""
    return f"{settings.PUBLIC_URL}{reverse(f'lti:{name}')}"
