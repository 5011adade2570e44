"""Reads lists that a platform serves page by page.

Platforms write the `Link` header in different ways: Moodle's has `&amp;` in its URLs and curly quotes around `next`.
"""

import html
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urljoin

from server.lti.errors import ServiceError
from server.lti.models import Platform, origin_of
from server.lti.platform import http_client, service_client
from server.outbox.http_client import Answer

MAX_PAGES = 100
NEXT = re.compile(r"<([^<>]+)>\s*;[^<>]*?\brel\s*=\s*[\"'“”„‟″`]?\s*next\b", re.IGNORECASE)


def fetch_pages(platform: Platform, scopes: Iterable[str], url: str, *, accept: str) -> Iterator[Any]:
    """Yield the JSON data of each page. Raises ServiceError if a page cannot be read, or if there are too many."""
    wanted = list(scopes)
    seen: set[str] = set()
    address: str | None = url
    while address:
        if address in seen or len(seen) >= MAX_PAGES:
            raise ServiceError("The list has no end.")
        seen.add(address)
        answer = service_client.request(platform, wanted, "GET", address, accept=accept)
        yield http_client.read_json(http_client.check_success(answer))
        address = next_page(answer, address)


def next_page(answer: Answer, address: str) -> str | None:
    """Return the URL of the next page; None at the end. Raises ServiceError if it is on another server.

    Our token must not be sent to another server.
    """
    found = NEXT.search(answer.headers.get("link", ""))
    if found is None:
        return None
    there = urljoin(address, html.unescape(found.group(1).strip()))
    if origin_of(there) != origin_of(address) or not origin_of(there):
        raise ServiceError("The next page is on another server.")
    return there
