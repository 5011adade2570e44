"""Counts what one person or address does within a minute, for all processes of the website together."""

import time
from hashlib import sha256

from django.core.cache import cache


def is_within_limit(action: str, who: str, limit: int) -> bool:
    """Count an action of a person or an address, and return whether it is among the first `limit` of this minute."""
    key = f"per-minute:{action}:{sha256(who.encode()).hexdigest()}:{int(time.time()) // 60}"
    cache.add(key, 0, timeout=120)
    return cache.incr(key) <= limit
