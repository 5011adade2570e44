"""Requests to a platform's services, with access tokens.

A token is requested with an assertion that we sign, and cached until shortly before it expires. The cache is shared by
all our processes; its key contains client, token URL and scopes, because a token is valid only for those.
"""

import hashlib
import time
import uuid
from collections.abc import Iterable, Mapping

from django.core.cache import cache

from server.lti.errors import NO_SCOPE, ServiceError
from server.lti.models import Platform
from server.lti.platform import http_client, keys
from server.outbox.http_client import Answer

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MARGIN = 60  # seconds before its expiry at which a token is no longer used
SHORTEST, LONGEST = 1, 86_400  # seconds that a token is cached
DEFAULT = 3600  # seconds that a token is valid if the platform does not say


def request(
    platform: Platform,
    scopes: Iterable[str],
    method: str,
    url: str,
    *,
    accept: str | None = None,
    content_type: str | None = None,
    body: bytes | None = None,
) -> Answer:
    """Make a request with a token for these scopes and return the answer, whatever its status.

    On 401 it requests a new token, once. `accept` is one media type: Moodle answers 400 to two. Raises ServiceError if
    there is no token or no answer.
    """
    wanted = sorted(scopes)
    fields = {"Accept": accept, "Content-Type": content_type}
    headers = {name: value for name, value in fields.items() if value}
    answer = _request(platform, wanted, method, url, headers, body)
    if answer.status == 401:
        cache.delete(_cache_key(platform, wanted))
        answer = _request(platform, wanted, method, url, headers, body)
    return answer


def _request(
    platform: Platform, scopes: list[str], method: str, url: str, headers: Mapping[str, str], body: bytes | None
) -> Answer:
    bearer = {"Authorization": f"Bearer {token(platform, scopes)}"}
    return http_client.request(method, url, body=body, headers={**headers, **bearer})


def token(platform: Platform, scopes: list[str]) -> str:
    """Return a valid access token. Raises ServiceError if the platform gives none."""
    known: str | None = cache.get(_cache_key(platform, scopes))
    return known or _fetch(platform, scopes)


def _fetch(platform: Platform, scopes: list[str]) -> str:
    fields = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION,
        "client_assertion": _assertion(platform),
        "scope": " ".join(scopes),
    }
    answer = http_client.post_form(platform.token_url, fields)
    if not answer.is_success:
        if "invalid_scope" in answer.body.decode("utf-8", errors="replace"):
            # It stays so until somebody changes the tool's settings there: trying again is of no use.
            raise ServiceError(f"{NO_SCOPE} {http_client.explanation(answer)}"[: http_client.MAX_TEXT], status=403)
        text = f"No access token: {http_client.explanation(answer)}"
        raise ServiceError(text, status=None, retry_after=answer.retry_after)
    data = http_client.read_json(answer)
    found = data.get("access_token") if isinstance(data, dict) else None
    if not isinstance(found, str) or not found.isascii() or not found.isprintable():
        raise ServiceError("No access token: there is none in the answer")
    kept = _seconds(data.get("expires_in")) - MARGIN
    if kept >= SHORTEST:
        cache.set(_cache_key(platform, scopes), found, kept)
    return found


def _seconds(value: object) -> int:
    try:
        return min(int(float(str(value))), LONGEST)
    except (ValueError, OverflowError):
        return DEFAULT


def _assertion(platform: Platform) -> str:
    now = int(time.time())
    return keys.sign(
        {
            "iss": platform.client_id,
            "sub": platform.client_id,
            "aud": platform.token_audience or platform.token_url,
            "iat": now - 5,
            "exp": now + 60,
            "jti": uuid.uuid4().hex,
        }
    )


def _cache_key(platform: Platform, scopes: list[str]) -> str:
    whole = "\n".join([platform.client_id, platform.token_url, platform.token_audience, *scopes])
    return f"lti:token:{platform.pk}:{hashlib.sha256(whole.encode()).hexdigest()}"
