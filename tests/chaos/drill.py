"""Every fault in turn, under a small load: is all graded once and right, and how long did it take? `make faults`

    python -m tests.chaos.drill [--only WORD]

For each fault some submissions are under way when it strikes, and more are handed in while it lasts. It prints how long
it took from the fault, or from the end of a lasting one, until what was under way then was graded. It brings its own
servers, with a Docker engine of its own for the faults of engines, and takes about ten minutes.
"""

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

from deploy.dev.debian import need
from tests.chaos.engine import own_engine
from tests.chaos.faults import ENGINE, KEPT_QUEUE, KILLS, NETWORK, PAUSES, POWER_CUTS
from tests.chaos.samples import samples
from tests.support.stage import stage

PROGRAMS = {"ip": "iproute2", "dockerd": "docker.io", "initdb": "postgresql", "redis-server": "redis-server"}
SETTINGS = {"CHAINRULE_GRADING_LIMIT": "90"}


def drill(it, fault):
    """Strike while submissions are under way, and wait until all is graded; a line that says how long that took."""
    slow = next(sample for sample in samples() if sample.takes_long)
    quick = [sample for sample in samples() if not sample.takes_long]
    for sample in (slow, slow, *quick[:4]):
        it.hand_in(sample)
    it.until(lambda: len(it.open()) < 6, name="a submission under way")
    under_way = it.open()
    fault.strike(it)
    struck = time.time()
    if fault.lasts:
        _last(it, fault, struck)
    mended = time.time()
    for sample in quick[4:]:
        it.hand_in(sample)
    it.settle()
    rows = it.rows()
    waited = max([0.0, *(rows[id].finished - mended for id in under_way)])
    tries = sum(rows[id].tries - 1 for id in it.accepted)
    return f"{fault.name:40} {waited:6.1f} s to the last of {len(under_way)} under way; sent again so far: {tries}"


def _last(it, fault, struck):
    # What is paused takes nothing in and is not looked after: only time passes.
    while time.time() - struck < fault.lasts:
        time.sleep(0.2)
        for part in it.parts.values():
            part.tend()
    fault.mend(it)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="only faults with this word in their names")
    options = parser.parse_args()
    need(PROGRAMS)
    faults = [*KILLS, *POWER_CUTS, *PAUSES, *KEPT_QUEUE, *NETWORK, *ENGINE]
    chosen = [fault for fault in faults if options.only in fault.name]
    wrong = []
    for needs, group in groupby(chosen, key=lambda fault: fault.needs):
        wrong += run(needs, list(group))
    print("nothing lost, nothing doubled, nothing wrong" if not wrong else "\n".join(wrong))
    sys.exit(bool(wrong))


def run(needs, faults):
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        engine = stack.enter_context(own_engine(folder)) if "engine" in needs else None
        env = SETTINGS | ({"DOCKER_HOST": engine.host} if engine else {})
        kept, network = "kept_queue" in needs, "network" in needs
        it = stack.enter_context(stage(folder, kept_queue=kept, network=network, engine=engine, env=env))
        for fault in faults:
            print(drill(it, fault), flush=True)
            for line in it.wrongs():
                print("    WRONG:", line, flush=True)
        return it.wrongs()


if __name__ == "__main__":
    main()
