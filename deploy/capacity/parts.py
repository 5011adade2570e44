"""The parts that a submission passes through, and the processor time that it needs of each, as measured."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import log
from pathlib import Path
from random import Random
from typing import Any

MEASURED = Path(__file__).with_name("measured.json")
# Of a normal distribution, the 95th percentile lies so many standard deviations above the median.
AT_95 = 1.6449


class Part(StrEnum):
    """What can be full."""

    GRADING = "grading workers"
    WEB = "website processes"
    RECORDS = "records processes"
    DATABASE = "database cores"
    REDIS = "Redis"


@dataclass(frozen=True, kw_only=True)
class Demand:
    """Seconds that one attempt keeps one of each part busy: from opening the page to reading the score."""

    seconds: dict[Part, float]
    # How far grading times spread: standard deviation of their logarithm.
    spread: float

    def draw(self, part: Part) -> Callable[[Random], float]:
        """Return what draws a service time of a part: log-normal for grading, exponential for everything else."""
        mean = self.seconds[part]
        if part is Part.GRADING:
            return lambda random: random.lognormvariate(log(mean) - self.spread**2 / 2, self.spread)
        return lambda random: random.expovariate(1 / mean)


def measured(grading_seconds: float | None = None) -> Demand:
    """Return the demand as measured; `grading_seconds` replaces what grading takes, for exercises that run longer."""
    data = json.loads(MEASURED.read_text())
    grading, record = data["grading_ms"], data["record_ms"]
    # Processor time, not time by the clock: the machine had other work to do beside.
    milliseconds = {
        Part.GRADING: 1000 * grading_seconds if grading_seconds else grading["processor"],
        Part.WEB: _pages(data, "processor"),
        Part.RECORDS: record["processor"],
        Part.DATABASE: _pages(data, "database") + record["database"],
        Part.REDIS: data["redis_ms"],
    }
    spread = log(grading["p95"] / grading["median"]) / AT_95
    return Demand(seconds={part: each / 1000 for part, each in milliseconds.items()}, spread=spread)


def _pages(data: dict[str, Any], where: str) -> float:
    """Milliseconds that the pages of one attempt cost, each as often as it is asked for."""
    return sum(times * data["pages_ms"][page][where] for page, times in data["times"].items())
