"""How far a verification is, as its worker published it last. Only shown: the database decides."""

import json
from collections.abc import Sequence
from uuid import UUID

import redis
from django.conf import settings

from server.submissions.live.progress import channel_of, client


def promise_now(verification: UUID, promises: Sequence[str]) -> str | None:
    """Return the id of the promise that a worker looks at now; None if it did not say, or Redis cannot be reached."""
    if not settings.REDIS_URL:
        return None
    try:
        message = json.loads(client(settings.REDIS_URL).get(channel_of(verification)) or "null")
    except (redis.RedisError, ValueError, TypeError, RecursionError):
        return None
    name = message.get("promise") if isinstance(message, dict) else None
    return name if name in promises else None
