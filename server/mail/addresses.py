"""To which addresses we can send."""

import re
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

# Quoted names and spaces are valid in an address, but mail servers and headers read them in different ways.
_ODD = re.compile(r'[\s"<>(),;:\\\[\]\x00-\x1f\x7f]')
LONGEST = 254


def is_usable(address: str) -> bool:
    """Whether we can send to an address: it has the usual form, and only its domain can have letters beyond ASCII.

    An address literal such as `ada@[192.0.2.1]` is not usable, and neither is a name in quotation marks.
    """
    local, _, domain = address.rpartition("@")
    if not local.isascii() or _ODD.search(address) or len(address) > LONGEST:
        return False
    return validate_email.user_regex.match(local) is not None and _is_domain(domain)


@lru_cache(maxsize=10_000)
def _is_domain(domain: str) -> bool:
    """Whether a domain has the usual form. A course has thousands of addresses and few domains."""
    try:
        validate_email(f"a@{domain}")
        domain.encode("idna")
    except (ValidationError, UnicodeError):
        return False
    return True
