"""When students hand in before a deadline, and how many grading workers that takes. Plain functions, no database.

A curve says how many submissions each student makes in each interval before and after the deadline, test runs included.
`deploy/capacity/scaling.py` tries the same functions in a simulation.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, exp, sqrt

MINUTE, HOUR, DAY = 60, 3_600, 86_400
# The ends of the intervals, in seconds before the deadline; negative is after it. Short ones where much changes.
EDGES: tuple[int, ...] = (
    *(days * DAY for days in (7, 4, 2, 1)),
    *(hours * HOUR for hours in (18, 12, 9, 6, 4, 3, 2)),
    *(minutes * MINUTE for minutes in (90, 60, 45, 30, 20, 15, 10, 5, 0, -5, -30, -120)),
)
_MIDDLES = tuple((begin + end) / 2 for begin, end in pairwise(EDGES))
_AT_DEADLINE = EDGES.index(0)
# What is assumed of a course without past deadlines: five submissions, two hours before the deadline on average.
USUAL_SUBMISSIONS, USUAL_HOURS = 5.0, 2.0
# So many square roots of the busy workers are added, for chance: the busy workers vary by their square root.
HEADROOM = 2.0


@dataclass(frozen=True, kw_only=True)
class HandInCurve:
    """The submissions of one student in each interval of EDGES."""

    each: tuple[float, ...]

    def rate(self, before: float) -> float:
        """Return the submissions of one student a second, so many seconds before the deadline.

        The middle of each interval has its mean rate, with a straight line to the middle of the next one. The deadline
        itself is a step.
        """
        if not EDGES[-1] < before <= EDGES[0]:
            return 0.0
        number = next(number for number, end in enumerate(EDGES[1:]) if before > end)
        beside = number + (1 if before < _MIDDLES[number] else -1)
        if not 0 <= beside < len(self.each) or (number < _AT_DEADLINE) != (beside < _AT_DEADLINE):
            return self._mean(number)
        share = (before - _MIDDLES[number]) / (_MIDDLES[beside] - _MIDDLES[number])
        return self._mean(number) + share * (self._mean(beside) - self._mean(number))

    def _mean(self, number: int) -> float:
        return self.each[number] / (EDGES[number] - EDGES[number + 1])


def intervals() -> Iterable[tuple[int, int]]:
    """Return the intervals: seconds before the deadline at which each begins and ends."""
    return pairwise(EDGES)


def exponential(submissions: float = USUAL_SUBMISSIONS, hours: float = USUAL_HOURS) -> HandInCurve:
    """Return a curve with so many submissions of each student, so many hours before the deadline on average."""
    mean = hours * HOUR

    def until(before: float) -> float:
        return exp(-max(before, 0) / mean)

    return HandInCurve(each=tuple(submissions * (until(end) - until(begin)) for begin, end in intervals()))


def of_past(before: Iterable[float], students: int) -> HandInCurve:
    """Return the curve of past submissions: how many seconds before its deadline each was, and of how many students.

    `students` counts a student once for each deadline. It must not be 0. Submissions outside of EDGES are left out.
    """
    counts = [0] * (len(EDGES) - 1)
    found = list(intervals())
    for one in before:
        for number, (begin, end) in enumerate(found):
            if end < one <= begin:
                counts[number] += 1
    return HandInCurve(each=tuple(count / students for count in counts))


def workers_for(busy: float) -> int:
    """Return how many workers are wanted if so many are busy on average: submissions a second times seconds of each."""
    return ceil(busy + HEADROOM * sqrt(busy)) if busy > 0 else 0
