"""What code without an end costs, in times its limit. A measurement, not a test:

    python -m tests.benchmarks.endless [--engine docker bubblewrap] [--limit 4] [--load 0 10] [--only loop ...]

Every line is one run in a warm sandbox, from the first call to its end. With `--load N`, N processes of this machine
spin beside it, outside the sandbox. Wanted are at most 1.1 times the limit on an idle machine and at most 3 at load 10.
The machine's load before the first run is part of the output, because on a busy machine "0" is not idle.
"""

import argparse
import multiprocessing
import os
import time
from contextlib import contextmanager

from grader.errors import SandboxError
from grader.sandboxes.base import Call, Limits, Program
from grader.sandboxes.select import open_sandbox
from tests.benchmarks.sandbox import be_quiet
from tests.grader.sandboxes.test_time import COMPETING, ENDLESS, PIN, SPIN, UNSEEN

SOURCES = {
    "loop": "def f():\n    while True:\n        pass\n",
    **{name: PIN + SPIN + source for name, source in (COMPETING | UNSEEN).items()},
    **{name: "import os, threading, time, signal\n" + SPIN + source for name, source in ENDLESS.items()},
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", nargs="*", default=["docker", "bubblewrap"])
    parser.add_argument("--limit", type=float, default=4.0)
    parser.add_argument("--load", nargs="*", type=int, default=[0, 10])
    parser.add_argument("--only", nargs="*", choices=list(SOURCES), default=list(SOURCES))
    options = parser.parse_args()
    be_quiet()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, limit {options.limit:g} s")
    print(f"{'engine':12}{'load':>5}  {'what it does':34}{'x limit':>8}{'charged':>9}{'used':>7}  ending")
    for engine in options.engine:
        sandbox = open_sandbox("cpu", engine)
        try:
            for load in options.load:
                for name in options.only:
                    measure(sandbox, engine, load, name, options.limit)
        finally:
            sandbox.close()


def measure(sandbox, engine, load, name, limit):
    sandbox.warm_up()
    with spinning(load):
        took, charged, used, ending = endless(sandbox, SOURCES[name], limit)
    print(
        f"{engine:12}{load:5}  {name:34}{took / limit:8.2f}{charged / limit:9.2f}{used / limit:7.2f}  {ending}",
        flush=True,
    )


def endless(sandbox, source, limit):
    """Seconds that a run took, was charged for, and used processors; and how it ended."""
    limits = Limits(wall_seconds=limit, memory_mb=512)
    began = time.monotonic()
    try:
        with sandbox.open(Program(source=source, entries=("f",)), limits=limits) as run:
            began = time.monotonic()
            run.observe([Call(entry="f")])
    except SandboxError as error:
        return time.monotonic() - began, 0.0, 0.0, f"our fault: {error}"
    ending = run.ending
    used = ending.evidence.get("processor_seconds", 0.0)
    return time.monotonic() - began, ending.seconds, used, str(ending.outcome)


@contextmanager
def spinning(count):
    """Let this many processes use up processors inside the block."""
    processes = [multiprocessing.Process(target=spin, daemon=True) for _ in range(count)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


def spin():
    while True:
        pass


if __name__ == "__main__":
    main()
