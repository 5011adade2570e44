"""The time that a run is charged for."""

import time
from collections.abc import Callable

# A sandbox that sends nothing for so long is stalled, or its engine is, or we are. The run is not charged for it.
_STALL_SECONDS = 3.0
# The run itself could cause stalls and starvation, by starving the supervisor: both excuses are bounded.
_MAX_STALLS = 3
_MAX_STARVED = 2.0  # times the run's own seconds


class RunClock:
    """Measures the time that a run is charged for: the time in which it could have run.

    Two things are not charged, since a machine that is too busy must not cost a learner points: time in which its
    sandbox sent nothing at all (a stall), and time in which other processes had the processors (starvation). Times are
    those of `time.monotonic`. `starved` counts seconds since the submission was opened.
    """

    def __init__(self, seconds: float, *, starved: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._starved_before, self._starved = starved, 0.0
        self._start = self._last_activity = clock()
        self._seconds = seconds
        self._stalled_seconds = 0.0
        self._stalls = 0

    @property
    def half(self) -> float:
        """When half of the time will have passed."""
        return self.end - self._seconds / 2

    @property
    def end(self) -> float:
        """When all of the time will have passed, as far as is known now."""
        return self._start + self._stalled_seconds + self._starved + self._seconds

    @property
    def is_stalled(self) -> bool:
        """Whether the sandbox has sent nothing for longer than the heartbeats of a healthy one allow."""
        return self._clock() - self._last_activity > _STALL_SECONDS

    def saw_activity(self, *, starved: float = 0.0) -> None:
        """Note that a frame came, and do not charge for a stall before it."""
        self._starved = min(max(starved - self._starved_before, 0.0), _MAX_STARVED * self._seconds)
        if self.is_stalled and self._stalls < _MAX_STALLS:
            self._stalls += 1
            self._stalled_seconds += self._clock() - self._last_activity
        self._last_activity = self._clock()

    def passed(self) -> float:
        """Return the seconds that the run has been charged for."""
        return max(0.0, self._clock() - self._start - self._stalled_seconds - self._starved)
