"""Which requests of the website share threads. Paths are whole ones, as Django resolves them."""

import re

from django.conf import settings

from server.web.serving import Lane


def lanes() -> list[Lane]:
    """Return the website's lanes; the last one takes every request."""
    return [
        # A probe must not wait for pages.
        Lane(name="probes", paths=re.compile(r"/(healthz|readyz|metrics)"), threads=1),
        # A wrong password, an unknown account and a hash of an older kind take different times; all are below a second.
        # They hash a password: one at a time in each process, so that a storm of sign-ins leaves time for pages.
        Lane(name="sign-ins", paths=HASHING, threads=1, methods=frozenset({"POST"}), failed_after=1.0),
        # Exports, imports and overviews of a whole course, and launches, which can wait for an LMS.
        Lane(name="long", paths=LONG, threads=settings.LONG_PAGE_THREADS),
        Lane(name="pages", paths=re.compile(r".*", re.DOTALL), threads=settings.PAGE_THREADS),
    ]


HASHING = re.compile(
    r"/accounts/(login|signup|reauthenticate|password/(change|set|reset/key/.*))/|/(join|invitation)/.*"
)
LONG = re.compile(r"/(lti|admin|administration|accounts/data|courses/[^/]+/teach)/.*", re.DOTALL)
