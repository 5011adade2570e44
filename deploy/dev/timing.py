"""How long each part of `make demo` takes until "ready": `python3 -m deploy.dev.timing [--times N] [FOLDER ...]`.

It runs `make demo` in this checkout, or in each of the folders in turn, with an empty environment, and prints a table:
each line of output with the seconds and the processor time until the next one. With `--times 2` it runs each
twice, so the first and the second start can be compared. PORT is as for `make demo`. Standard library only (Linux).
"""

import argparse
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from deploy.dev.base import ROOT, SetupError, main, say

READY = "ready: http"
KEPT = ("HOME", "PATH", "PORT", "DOCKER_HOST", "PIP_EXTRA_INDEX_URL", "UV_CACHE_DIR")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Moment:
    """A line of output, with the seconds since the start and the processor seconds that were used until then."""

    seconds: float
    processor: float
    line: str


def measure() -> None:
    """Run each checkout, and print a table for each run."""
    parser = argparse.ArgumentParser(description="Measure how long each part of `make demo` takes.")
    parser.add_argument("folders", nargs="*", type=Path, default=[ROOT], metavar="FOLDER")
    parser.add_argument("--times", type=int, default=1, help="how often each checkout runs")
    options = parser.parse_args()
    for number in range(1, options.times + 1):
        for folder in options.folders:
            say(f"{folder}, run {number}")
            print(table(list(moments(folder))), flush=True)


def moments(folder: Path) -> Iterator[Moment]:
    """Run `make demo` until it is ready, then stop it; yields its output. Raises SetupError if it ends before."""
    env = {name: os.environ[name] for name in KEPT if name in os.environ} | {"LANG": "C.UTF-8"}
    started = time.monotonic()
    with subprocess.Popen(
        ["make", "demo"],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield Moment(0, 0, "start")
        try:
            for line in process.stdout:
                yield Moment(time.monotonic() - started, processor_seconds(process.pid), line.strip())
                if READY in line:
                    return
            raise SetupError(f"`make demo` ended in {folder} before it was ready")
        finally:
            for child in children(process.pid):
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGINT)
            process.stdout.read()


def table(found: list[Moment]) -> str:
    """A table of the parts: seconds until the next line, their share, the processor's seconds, and the line."""
    whole = found[-1]
    rows = [
        f"{after.seconds - before.seconds:8.1f} {100 * (after.seconds - before.seconds) / whole.seconds:4.0f} % "
        f"{after.processor - before.processor:8.1f}   {before.line[:80]}"
        for before, after in pairwise(found)
        if after.seconds - before.seconds >= 0.005 * whole.seconds
    ]
    heading = " seconds  share processor   after this line"
    return "\n".join([heading, *rows, f"{whole.seconds:8.1f}  100 % {whole.processor:8.1f}   ready"])


def processor_seconds(pid: int) -> float:
    """The processor time of a process and of all below it, those that have ended included."""
    return sum(own_seconds(one) for one in [pid, *below(pid)])


def below(pid: int) -> Iterator[int]:
    """Yield the processes below a process."""
    for child in children(pid):
        yield child
        yield from below(child)


def children(pid: int) -> list[int]:
    """The running children of a process; none if it has ended."""
    with suppress(OSError):
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def own_seconds(pid: int) -> float:
    """The processor time of a process and of its children that have ended; 0 if it is gone."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / TICKS
    return 0


if __name__ == "__main__":
    main(measure)
