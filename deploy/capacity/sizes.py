"""How many of each part a burst needs, and what they cost."""

from dataclasses import dataclass
from math import ceil
from random import Random

from deploy.capacity.parts import Demand, Part
from deploy.capacity.simulation import Burst, Outcome, p95, simulate

# Parts that many share are given so much to do at most, at the deadline itself.
FULL = 0.7
SIMULATED_MINUTES = 10
SCALED = (Part.GRADING, Part.WEB, Part.RECORDS, Part.DATABASE)


@dataclass(frozen=True, kw_only=True)
class Size:
    """What a burst needs, and what comes of it."""

    burst: Burst
    there: dict[Part, int]
    outcome: Outcome

    @property
    def cores(self) -> int:
        """Cores in all: one for each process or worker, and one for Redis."""
        return sum(self.there.values()) + 1

    @property
    def fullest(self) -> Part:
        """The part that was busiest."""
        return max(self.outcome.busy, key=lambda part: self.outcome.busy[part])


def size(demand: Demand, burst: Burst, *, within: float, seed: int) -> Size:
    """Return the fewest of each part with which 95 of 100 attempts wait so many seconds at most, all in all."""
    there = {part: max(1, ceil(burst.peak * demand.seconds[part] / FULL)) for part in SCALED}
    arrivals = burst.arrivals(SIMULATED_MINUTES, Random(seed))  # noqa: S311 - nothing is secret here
    # Fewer graders than this cannot keep up to the end; how many more there must be is what the simulation tells.
    there[Part.GRADING] = max(1, ceil(burst.peak * demand.seconds[Part.GRADING] * 0.9))
    while p95((outcome := simulate(demand, there, arrivals, seed=seed)).waited) > within:
        there[Part.GRADING] += max(1, there[Part.GRADING] // 20)
    return Size(burst=burst, there=there, outcome=outcome)


def core_hours(demand: Demand, burst: Burst) -> float:
    """Return the hours of processor that all attempts of a burst use, whenever they come."""
    return burst.students * burst.attempts * sum(demand.seconds.values()) / 3600


def held_hours(found: Size) -> float:
    """Return the core-hours of keeping it all while most attempts come: for twice the mean time before the end."""
    return found.cores * 2 * found.burst.mean_hours
