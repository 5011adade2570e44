"""The time that a run is charged for."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MAX_STRETCH = 3  # times its limit: no run lasts longer, however long it was kept waiting
# The supervisor sends a heartbeat five times a second. If nothing comes for so long, the sandbox is stalled, or its
# engine is, or the whole machine is.
_STALL_SECONDS = 1.0


class RunClock:
    """Measures the time in which a run could have run, over all parts of the run together.

    It runs only inside `running()`: a run is not charged for the time in which the grader asks it nothing. Two kinds of
    time are not charged either, because a busy machine must not cost a learner points: time in which the sandbox sent
    nothing at all (a stall), and time in which processes outside the run had the processors. The run itself can cause
    both to some degree, so a run ends after `MAX_STRETCH` times its limit. Times are those of `time.monotonic`.
    """

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seconds = seconds
        self._start = self._last_activity = clock()
        self._elapsed_before = 0.0  # in earlier parts
        self._is_running = self._was_stalled = False
        self._excused = 0.0
        self._waited = 0.0  # what the supervisor has reported last
        self._unreported_stall = 0.0  # a stall in which the run can have waited, too: nothing is excused twice

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let the time pass inside this block."""
        self._start = self._last_activity = self._clock()
        self._is_running = True
        try:
            yield
        finally:
            self._elapsed_before = self._elapsed
            self._is_running = False

    @property
    def end(self) -> float:
        """When the run has used up its time, or has been stretched as far as it can be; as far as is known now."""
        return self._start - self._elapsed_before + min(self._seconds + self._excused, self._longest)

    @property
    def last_end(self) -> float:
        """When the run ends, whatever happens."""
        return self._start - self._elapsed_before + self._longest

    @property
    def half(self) -> float:
        """When half of the time will have passed, as far as is known now."""
        return self.end - self._seconds / 2

    @property
    def is_stalled(self) -> bool:
        """Whether the sandbox has sent nothing for longer than the heartbeats of a healthy one allow."""
        return self._clock() - self._last_activity >= _STALL_SECONDS

    @property
    def had_enough(self) -> bool:
        """Whether a run that reaches its `end` has had the time that a right answer needs.

        If it was charged for all of its time, it has. If other load kept it waiting to the last end, half of its time
        is enough: `verify` reports every exercise whose solution needs more. After a stall, which is our fault, nothing
        is enough.
        """
        if self._seconds + self._excused <= self._longest:
            return True
        return not self._was_stalled and self.passed() >= self._seconds / 2

    def saw_activity(self) -> None:
        """Note that a frame came. If it ends a stall, the stall is not charged."""
        now = self._clock()
        if self.is_stalled:
            self._was_stalled = True
            self._unreported_stall += now - self._last_activity
            self._excuse(now - self._last_activity)
        self._last_activity = now

    def saw_waiting(self, waited: float) -> None:
        """Note how long the run has waited for processors that others had: `waited` seconds since it was opened."""
        newly, self._waited = waited - self._waited, waited
        self._excuse(newly - min(max(newly, 0.0), self._unreported_stall))
        self._unreported_stall = 0.0

    def passed(self) -> float:
        """Return the seconds that the run has been charged for."""
        return self._elapsed - self._excused

    @property
    def _elapsed(self) -> float:
        return self._elapsed_before + (self._clock() - self._start if self._is_running else 0.0)

    @property
    def _longest(self) -> float:
        return MAX_STRETCH * self._seconds

    def _excuse(self, seconds: float) -> None:
        self._excused = min(max(self._excused + seconds, 0.0), self._elapsed)
