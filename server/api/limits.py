"""Rate limits: a number of requests a minute for each token, counted in the shared cache.

The headers are those of the IETF draft "RateLimit header fields for HTTP": `RateLimit-Policy` says what is allowed,
`RateLimit` what is left (`r`) and in how many seconds the count starts again (`t`).
"""

import time
from dataclasses import dataclass

import redis
import structlog
from django.conf import settings
from django.core.cache import cache

WINDOW = 60

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """What a token has left in this minute: `quota` in all, `remaining`, and `reset` seconds until the next."""

    quota: int
    remaining: int
    reset: int
    exceeded: bool

    def headers(self) -> dict[str, str]:
        """Return it as header fields."""
        return {
            "RateLimit-Policy": f'"minute";q={self.quota};w={WINDOW}',
            "RateLimit": f'"minute";r={self.remaining};t={self.reset}',
        }


def take(token: int) -> Allowance:
    """Count one request of a token. If the cache is down, no request is refused."""
    now = int(time.time())
    used = _count(f"api-rate:{token}:{now // WINDOW}")
    quota = settings.API_REQUESTS_PER_MINUTE
    return Allowance(quota=quota, remaining=max(0, quota - used), reset=WINDOW - now % WINDOW, exceeded=used > quota)


def _count(key: str) -> int:
    try:
        return 1 if cache.add(key, 1, timeout=2 * WINDOW) else cache.incr(key)
    except (redis.RedisError, ValueError):  # ValueError: the key expired between the two
        log.warning("rate_not_counted", key=key)
        return 1
