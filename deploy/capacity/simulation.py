"""The last minutes before a deadline, event by event.

An attempt goes through the website, the database, a grading worker, a records process and the database once more, and
waits its turn at each. Attempts come more often when the deadline is near: the time between an attempt and the deadline
is exponentially distributed. Redis is left out, because it is never a hundredth as busy as the other parts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from random import Random
from statistics import quantiles
from typing import Any

import simpy

from deploy.capacity.parts import Demand, Part

WAY = (Part.WEB, Part.DATABASE, Part.GRADING, Part.RECORDS, Part.DATABASE)


@dataclass(frozen=True, kw_only=True)
class Burst:
    """Students, each with so many attempts, handed in `mean_hours` before the deadline on average."""

    students: int
    attempts: float
    mean_hours: float

    @property
    def peak(self) -> float:
        """Attempts a second at the deadline itself."""
        return self.students * self.attempts / (3600 * self.mean_hours)

    def arrivals(self, minutes: float, random: Random) -> list[float]:
        """Return the moments of the attempts in the last so many minutes, in seconds from their beginning."""
        mean, length = 3600 * self.mean_hours, 60 * minutes
        share = 1 - exp(-length / mean)
        count = round(self.students * self.attempts * share)
        return sorted(length + mean * log(1 - share * random.random()) for _ in range(count))


@dataclass(frozen=True, kw_only=True)
class SimulationOutcome:
    """The outcome of a simulation.

    `seconds` has the time from click to score of each attempt, `waited` the part of it in a queue, and `busy` the load
    of each part, 0 to 1.
    """

    seconds: list[float]
    waited: list[float]
    busy: dict[Part, float]


def p95(seconds: Sequence[float]) -> float:
    """Return the 95th percentile."""
    return quantiles(seconds, n=20)[-1]


def simulate(demand: Demand, there: Mapping[Part, int], arrivals: Sequence[float], *, seed: int) -> SimulationOutcome:
    """Return the outcome of attempts at these moments with so many of each part. Same seed, same outcome."""
    world = simpy.Environment()
    random = Random(seed)  # noqa: S311 - nothing is secret here
    parts = {part: simpy.Resource(world, capacity=there[part]) for part in there}
    draws = {part: demand.draw(part) for part in parts}
    # Database work is one number for the whole way, and is done in two halves.
    halves = {part: WAY.count(part) for part in parts}
    busy = dict.fromkeys(parts, 0.0)
    seconds: list[float] = []
    waited: list[float] = []

    def attempt() -> Iterator[Any]:
        began, worked = world.now, 0.0
        for part in WAY:
            if part not in parts:
                continue
            with parts[part].request() as turn:
                yield turn
                needed = draws[part](random) / halves[part]
                busy[part] += needed
                worked += needed
                yield world.timeout(needed)
        seconds.append(world.now - began)
        waited.append(world.now - began - worked)

    def come() -> Iterator[Any]:
        for moment in arrivals:
            yield world.timeout(moment - world.now)
            world.process(attempt())

    world.process(come())
    world.run()
    shares = {part: busy[part] / (world.now * there[part]) for part in parts}
    return SimulationOutcome(seconds=seconds, waited=waited, busy=shares)
