"""How long to wait before the next try."""

import random

# Seconds before each next try: ten tries in all, over two days. Each wait is up to a quarter longer, so that the
# retries do not all arrive at the same moment when a receiver is back.
WAITS = (5, 30, 120, 600, 1_800, 7_200, 21_600, 43_200, 86_400)
JITTER = 0.25
LONGEST_WAIT = 86_400
# If the receiver answers with one of these, its Retry-After counts.
BUSY = frozenset({429, 503})


def wait_before_next(tried: int, *, status: int | None, retry_after: int | None) -> float | None:
    """Return the seconds to wait after `tried` tries; None if there is no further try.

    A Retry-After of a 429 or 503 can make the wait longer, up to a day.
    """
    if tried > len(WAITS):
        return None
    wait = WAITS[tried - 1] * (1 + random.uniform(0, JITTER))  # noqa: S311 nothing secret about it
    requested = retry_after if status in BUSY else None
    return max(wait, min(requested or 0, LONGEST_WAIT))
