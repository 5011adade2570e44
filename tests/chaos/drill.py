"""Inject every fault in turn under a small load, and check that all is graded once and correctly. `make faults`

    python -m tests.chaos.drill [--only WORD]

When a fault is injected, some submissions are being graded, and more are submitted while it lasts. The drill prints how
long it took from the fault (or from the end of a lasting one) until those submissions were graded. It starts its own
servers, its own Docker engine for the engine faults, and hosts of its own for those of several machines
(`tests/support/machines.py`). It takes about half an hour.
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
from tests.chaos.faults import ENGINE, HOSTS, KILLS, NETWORK, PAUSES, PERSISTENT_QUEUE, POWER_CUTS
from tests.chaos.samples import quick_samples, samples
from tests.support.machines import PROGRAMS as OF_MACHINES
from tests.support.machines import machines
from tests.support.stage import stage

PROGRAMS = {
    "ip": "iproute2",
    "dockerd": "docker.io",
    "initdb": "postgresql",
    "redis-server": "redis-server",
} | OF_MACHINES
SETTINGS = {"CHAINRULE_GRADING_LIMIT": "90"}


def drill(it, fault, *, slow_ones=2):
    """Inject a fault during grading, wait until all submissions are graded, and return a line with the times."""
    slow = next(sample for sample in samples() if sample.takes_long)
    quick = quick_samples()
    before = len(it.accepted)
    with it.under_load():
        for sample in (*[slow] * slow_ones, *quick[:4]):
            it.submit(sample)
        it.until(lambda: len(it.open()) < 8, name="a submission under way")
        under_way = it.open()
        fault.strike(it)
        struck = time.time()
        if fault.lasts:
            _last(it, fault, struck)
        mended = time.time()
        for sample in quick[4:]:
            it.submit(sample)
    it.settle()
    fault.afterwards(it)
    rows = it.rows()
    waited = max([0.0, *(rows[id].finished - mended for id in under_way if id in rows)])
    tries = sum(rows[id].tries - 1 for id in it.accepted if id in rows)
    accepted = list(it.accepted)[before:]
    slowest = max(rows[id].finished - rows[id].submitted for id in accepted if id in rows)
    return (
        f"{fault.name:44} {fault.lasts:3.0f} s; {len(accepted):3} submitted, {len(it.wrongs())} wrong, "
        f"the slowest took {slowest:5.1f} s; {waited:5.1f} s to the last of {len(under_way)} under way; "
        f"sent again so far: {tries}"
    )


def _last(it, fault, struck):
    # A paused part accepts nothing: only wait, and restart parts that died.
    while time.time() - struck < fault.lasts:
        time.sleep(0.2)
        for part in it.parts.values():
            part.restart_if_dead()
    fault.mend(it)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="only faults whose name contains this word")
    options = parser.parse_args()
    need(PROGRAMS)
    faults = [*KILLS, *POWER_CUTS, *PAUSES, *PERSISTENT_QUEUE, *NETWORK, *ENGINE, *HOSTS]
    chosen = [fault for fault in faults if options.only in fault.name]
    wrong = []
    for needs, group in groupby(chosen, key=lambda fault: fault.needs):
        wrong += run(needs, list(group))
    print("nothing lost, nothing doubled, nothing wrong" if not wrong else "\n".join(wrong))
    sys.exit(bool(wrong))


def run(needs, faults):
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if "machines" in needs:
            return inject(stack.enter_context(machines(folder)), faults)
        engine = stack.enter_context(own_engine(folder)) if "engine" in needs else None
        env = SETTINGS | ({"DOCKER_HOST": engine.host} if engine else {})
        persistent, network = "persistent_queue" in needs, "network" in needs
        it = stack.enter_context(stage(folder, persistent_queue=persistent, network=network, engine=engine, env=env))
        return inject(it, faults)


def inject(it, faults):
    for fault in faults:
        print(drill(it, fault), flush=True)
        for line in it.wrongs():
            print("    WRONG:", line, flush=True)
    return it.wrongs()


if __name__ == "__main__":
    main()
