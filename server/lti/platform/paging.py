"""Lists that a platform serves page by page: where the next page is, and where to stop.

The `Link` header comes from very different hands: Moodle's has `&amp;` in its addresses and curly quotes around `next`.
"""

import html
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urljoin

from server.lti.errors import ServiceError
from server.lti.models import Platform, origin_of
from server.lti.platform import access
from server.lti.platform.transport import Answer

MOST_PAGES = 100
NEXT = re.compile(r"<([^<>]+)>\s*;[^<>]*?\brel\s*=\s*[\"'“”„‟″`]?\s*next\b", re.IGNORECASE)


def pages(platform: Platform, scopes: Iterable[str], url: str, *, accept: str) -> Iterator[Any]:
    """Yield the data of each page; ServiceError where one cannot be had, or there is no end of them."""
    wanted = list(scopes)
    seen: set[str] = set()
    address: str | None = url
    while address:
        if address in seen or len(seen) >= MOST_PAGES:
            raise ServiceError("The list has no end.")
        seen.add(address)
        answer = access.request(platform, wanted, "GET", address, accept=accept)
        if not answer.good:
            raise ServiceError(answer.words, status=answer.status, retry_after=answer.retry_after)
        yield answer.json()
        address = next_page(answer, address)


def next_page(answer: Answer, address: str) -> str | None:
    """Return where the next page is; None at the end. ServiceError where it lies elsewhere: our token stays here."""
    found = NEXT.search(answer.headers.get("link", ""))
    if found is None:
        return None
    there = urljoin(address, html.unescape(found.group(1).strip()))
    if origin_of(there) != origin_of(address) or not origin_of(there):
        raise ServiceError("The next page is on another server.")
    return there
