"""Thousands of submissions while parts are killed at random: 0 lost, 0 doubled, 0 wrong? `make soak`

    python -m tests.chaos.soak [--submissions 10000] [--every 10] [--minutes 60] [--seed 1] [--json FILE]

A part is killed every so many seconds, the queue never holds more than a few dozen, and each submission is one of those
whose scores are known from the same system before the first kill. It ends when that many were handed in and all are
graded, or, with fewer, when the minutes are over. It brings its own servers; Redis keeps nothing, so that each of its
deaths is a queue lost.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from itertools import cycle
from pathlib import Path

from tests.chaos.faults import KILLS, POWER_CUTS
from tests.chaos.samples import samples
from tests.support.stage import stage

MOST_OPEN = 40


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--submissions", type=int, default=10_000)
    parser.add_argument("--every", type=float, default=10.0, help="seconds between kills")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, stage(Path(folder)) as it:
        print(f"undisturbed: {len(it.expected)} samples; load {os.getloadavg()[0]:.1f}", flush=True)
        struck = disturb(it, options)
        it.settle(seconds=600)
        sys.exit(report(it, struck, options))


def disturb(it, options):
    """Hand in and kill until it is enough; the kills as (when, name)."""
    chance = random.Random(options.seed)
    began, struck, due = time.time(), [], time.time() + options.every
    queue = cycle([sample for sample in samples() if not sample.takes_long])
    pending = 0
    while len(it.accepted) < options.submissions and time.time() - began < 60 * options.minutes:
        if pending < MOST_OPEN:
            it.hand_in(next(queue))
            pending += 1
        else:
            time.sleep(0.2)
        if pending >= MOST_OPEN or pending % 10 == 0:
            pending = len(it.open())
        it.tend()
        if time.time() >= due:
            struck.append(strike(it, chance.choice([*KILLS, *POWER_CUTS]), since=began))
            due = time.time() + options.every * chance.uniform(0.5, 1.5)
    return struck


def strike(it, fault, *, since):
    fault.strike(it)
    now = time.time()
    print(f"{now - since:8.1f} s  {len(it.accepted):6} handed in  {fault.name}", flush=True)
    return now, fault.name


def report(it, struck, options):
    rows, wrongs = it.rows(), it.wrongs()
    waits = {name: 0.0 for _, name in struck}
    for moment, name in struck:
        under_way = [row.finished - moment for row in rows.values() if row.submitted <= moment < row.finished]
        waits[name] = max([waits[name], *under_way])
    for name, times in sorted(Counter(name for _, name in struck).items()):
        print(f"{name:40} {times:4} times, at most {waits[name]:6.1f} s from the kill to the last graded")
    sent = sum(row.tries - 1 for row in rows.values())
    print(f"{len(it.accepted)} submissions, {len(struck)} kills, {sent} sent again; load {os.getloadavg()[0]:.1f}")
    print("\n".join(wrongs) if wrongs else "0 lost, 0 doubled, 0 wrong")
    if options.json:
        about = {"submissions": len(it.accepted), "kills": len(struck), "sent_again": sent, "wrong": wrongs}
        options.json.write_text(json.dumps(about | {"longest": waits, "load": os.getloadavg()[0]}, indent=2))
    return bool(wrongs)


if __name__ == "__main__":
    main()
