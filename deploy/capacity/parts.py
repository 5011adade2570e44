"""The parts that a submission passes through, and the measured processor time in each."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import log
from pathlib import Path
from random import Random
from typing import Any

MEASURED = Path(__file__).with_name("measured.json")
# The 95th percentile of a normal distribution, in standard deviations above the median.
AT_95 = 1.6449


class Part(StrEnum):
    """A part that can be full."""

    GRADING = "grading workers"
    WEB = "website processes"
    RECORDS = "records processes"
    DATABASE = "database cores"
    REDIS = "Redis"


@dataclass(frozen=True, kw_only=True)
class Demand:
    """Seconds that one attempt keeps one of each part busy: from opening the page to reading the score."""

    seconds: dict[Part, float]
    # Standard deviation of the logarithm of grading times.
    spread: float

    def draw(self, part: Part) -> Callable[[Random], float]:
        """Return a function that draws a service time: log-normal for grading, exponential for other parts."""
        mean = self.seconds[part]
        if part is Part.GRADING:
            return lambda random: random.lognormvariate(log(mean) - self.spread**2 / 2, self.spread)
        return lambda random: random.expovariate(1 / mean)


def measured(grading_seconds: float | None = None) -> Demand:
    """Return the demand as measured; `grading_seconds` replaces the time of a grading if exercises run longer."""
    data = json.loads(MEASURED.read_text())
    grading, record = data["grading_ms"], data["record_ms"]
    # Processor time, because the machine had other work when this was measured.
    milliseconds = {
        Part.GRADING: 1000 * grading_seconds if grading_seconds else grading["processor"],
        Part.WEB: _page_milliseconds(data, "processor"),
        Part.RECORDS: record["processor"],
        Part.DATABASE: _page_milliseconds(data, "database") + record["database"],
        Part.REDIS: data["redis_ms"],
    }
    spread = log(grading["p95"] / grading["median"]) / AT_95
    return Demand(seconds={part: each / 1000 for part, each in milliseconds.items()}, spread=spread)


def _page_milliseconds(data: dict[str, Any], where: str) -> float:
    """Milliseconds that the pages of one attempt cost, each as often as it is requested."""
    return sum(times * data["pages_ms"][page][where] for page, times in data["times"].items())
