"""How soon a cancelled endless run frees its grader. A measurement, not a test:

    python -m tests.benchmarks.cancel [--times 5] [--engines docker bubblewrap] [--out FILE.json]

For each engine, a whole system runs with one grading worker of one process. Endless code, which ignores signals, forks
and prints for ever, is cancelled a second after its first case was put. Measured in seconds: until the grader's answer
is in the database, and from then until the next submission is graded, which needs a fresh sandbox. The share is that of
the exercise's time limit, for which the grader would be held otherwise.
"""

import argparse
import json
import os
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from grader.grading.exercise import load_exercise
from tests.support.cancelling import SLUG, cancel_an_endless_run, grader_on
from tests.support.system import whole_system


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--engines", nargs="*", choices=["docker", "bubblewrap"], default=["docker", "bubblewrap"])
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    limit = load_exercise(SLUG).limits.wall_seconds
    measured = {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 2), "limit": limit, "engines": {}}
    for engine in options.engines:
        measured["engines"][engine] = measure(engine, options.times, limit)
    print(json.dumps(measured, indent=2))
    if options.out:
        options.out.write_text(json.dumps(measured, indent=2))


def measure(engine, times, limit):
    with TemporaryDirectory() as folder, whole_system(Path(folder), website=False) as system, grader_on(system, engine):
        found = [cancel_an_endless_run(system, learner=f"student{number + 1}") for number in range(times)]
    settled = [one.settled for one in found]
    return {
        "freed": {"median": round(median(settled), 2), "most": round(max(settled), 2)},
        "share_of_limit": round(median(settled) / limit, 3),
        "next_graded": round(median(one.next_graded for one in found), 2),
    }


if __name__ == "__main__":
    main()
