"""Thousands of submissions while parts are killed at random: none is lost, doubled or wrong. `make soak`

    python -m tests.chaos.soak [--submissions 10000] [--every 10] [--minutes 60] [--seed 1] [--json FILE]

A part is killed every few seconds. The queue never has more than a few dozen jobs. The expected scores are those that
the same system gave before the first kill. The run ends when all submissions are graded, or when the minutes are over.
It starts its own servers. Redis stores nothing on disk, so each of its deaths loses the queue.
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
    """Submit and kill until the run is over; the kills as (time, name)."""
    chance = random.Random(options.seed)
    began, struck, due = time.time(), [], time.time() + options.every
    queue = cycle([sample for sample in samples() if not sample.takes_long])
    pending = 0
    while len(it.accepted) < options.submissions and time.time() - began < 60 * options.minutes:
        if pending < MOST_OPEN:
            it.submit(next(queue))
            pending += 1
        else:
            time.sleep(0.2)
        if pending >= MOST_OPEN or pending % 10 == 0:
            pending = len(it.open())
        it.restart_dead_parts()
        if time.time() >= due:
            struck.append(strike(it, chance.choice([*KILLS, *POWER_CUTS]), since=began))
            due = time.time() + options.every * chance.uniform(0.5, 1.5)
    return struck


def strike(it, fault, *, since):
    fault.strike(it)
    now = time.time()
    print(f"{now - since:8.1f} s  {len(it.accepted):6} submitted  {fault.name}", flush=True)
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
