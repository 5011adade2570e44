"""Requests to platforms: no redirects, no proxies, no private addresses unless a setting says so, limits throughout.

The connection and the look at its address are those of webhooks; here an answer has a body, too.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from server.lti.errors import ServiceError
from server.webhooks.guard import Refused, check_url, target_of
from server.webhooks.transport import Pinned, seconds

LARGEST = 8 * 1024 * 1024
WORDS = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a platform answered. The names of header fields are in lower case."""

    status: int
    reason: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def good(self) -> bool:
        """Whether it did what was asked. A redirect is none: tokens are not carried along."""
        return 200 <= self.status < 300

    @property
    def retry_after(self) -> int | None:
        """What the platform asks for, in seconds."""
        return seconds(self.headers.get("retry-after"))

    @property
    def words(self) -> str:
        """The platform's own words, for people: Moodle's stand in the reason phrase, others' in the body."""
        said = " ".join(self.body[:2000].decode("utf-8", errors="replace").replace("\0", "").split())
        plain = "" if said.startswith("<") else said
        return f"{self.status} {self.reason} {plain}".strip()[:WORDS]

    def json(self) -> Any:
        """Return the body as data; ServiceError where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise ServiceError(f"The answer is no JSON: {self.words}"[:WORDS], status=self.status) from None


def ask(method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Make one request and return the answer, whatever its status; ServiceError where there is none."""
    try:
        target = target_of(url, allow_private=settings.LTI_ALLOW_PRIVATE)
        return _ask(Pinned(target, timeout=settings.LTI_TIMEOUT), method, body, dict(headers or {}))
    except Refused as error:
        raise ServiceError(str(error)) from None
    except (OSError, HTTPException, UnicodeError) as error:
        raise ServiceError(f"{type(error).__name__}: {error}"[:WORDS]) from None


def check(url: str) -> None:
    """Raise Refused where an address is none that we would ask, whatever its name may lead to."""
    check_url(url, allow_private=settings.LTI_ALLOW_PRIVATE)


def get_json(url: str) -> Any:
    """Return the data at an address; ServiceError where there is none."""
    answer = ask("GET", url, headers={"Accept": "application/json"})
    if not answer.good:
        raise ServiceError(answer.words, status=answer.status)
    return answer.json()


def post_form(url: str, fields: Mapping[str, str]) -> Answer:
    """Post a form and return the answer."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    return ask("POST", url, body=urlencode(fields).encode(), headers=headers)


def _ask(connection: Pinned, method: str, body: bytes | None, headers: dict[str, str]) -> Answer:
    with connection.for_at_most(2 * settings.LTI_TIMEOUT):
        connection.request(method, connection.target.path, body, {"User-Agent": "Chainrule-LTI/1"} | headers)
        response = connection.getresponse()
        content = _read(response)
        fields = {name.lower(): value for name, value in response.getheaders()}
        return Answer(status=response.status, reason=response.reason, headers=fields, body=content)


def _read(response: HTTPResponse) -> bytes:
    content = response.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise HTTPException(f"the answer has more than {LARGEST} bytes")
    return content
