"""How many of each part a burst needs, and what they cost."""

from dataclasses import dataclass
from math import ceil
from random import Random

from deploy.capacity.parts import Demand, Part
from deploy.capacity.simulation import Burst, SimulationOutcome, p95, simulate

# Shared parts are this busy at most at the deadline.
FULL = 0.7
SIMULATED_MINUTES = 10
SCALED = (Part.GRADING, Part.WEB, Part.RECORDS, Part.DATABASE)


@dataclass(frozen=True, kw_only=True)
class Size:
    """The parts that a burst needs, and its outcome."""

    burst: Burst
    there: dict[Part, int]
    outcome: SimulationOutcome

    @property
    def cores(self) -> int:
        """Cores in all: one for each process or worker, and one for Redis."""
        return sum(self.there.values()) + 1

    @property
    def fullest(self) -> Part:
        """The part that was busiest."""
        return max(self.outcome.busy, key=lambda part: self.outcome.busy[part])


def size(demand: Demand, burst: Burst, *, within: float, seed: int) -> Size:
    """Return the fewest of each part with which 95 of 100 attempts wait at most `within` seconds in total."""
    there = {part: max(1, ceil(burst.peak * demand.seconds[part] / FULL)) for part in SCALED}
    arrivals = burst.arrivals(SIMULATED_MINUTES, Random(seed))  # noqa: S311 - nothing is secret here
    # Fewer graders than this cannot keep up. The simulation finds how many more are needed.
    there[Part.GRADING] = max(1, ceil(burst.peak * demand.seconds[Part.GRADING] * 0.9))
    while p95((outcome := simulate(demand, there, arrivals, seed=seed)).waited) > within:
        there[Part.GRADING] += max(1, there[Part.GRADING] // 20)
    return Size(burst=burst, there=there, outcome=outcome)


def core_hours(demand: Demand, burst: Burst) -> float:
    """Return the processor hours that all attempts of a burst use."""
    return burst.students * burst.attempts * sum(demand.seconds.values()) / 3600


def held_hours(found: Size) -> float:
    """Return the core-hours if all of it runs for twice the mean time before the deadline."""
    return found.cores * 2 * found.burst.mean_hours
