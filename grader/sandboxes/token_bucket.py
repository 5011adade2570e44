"""A ration of messages: some at once, and so many a second after that."""

import time
from collections.abc import Callable


class TokenBucket:
    """Says of each message whether it may still be passed on."""

    def __init__(self, *, at_once: int, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once = at_once
        self._per_second = per_second
        self._clock = clock
        self._left = float(at_once)
        self._last = clock()

    def take(self) -> bool:
        """Use up one message, if there is one left."""
        now = self._clock()
        self._left = min(self._at_once, self._left + (now - self._last) * self._per_second)
        self._last = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
