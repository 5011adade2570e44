"""What a submission to a course's own exercise costs, beside one to the same exercise of the installation.

    python -m tests.benchmarks.owned [--sandbox docker|bubblewrap] [--times 40] [--workers 2] [--only derivatives]

The two kinds alternate in one run, so that other load is the same for both. A row for each exercise, with right and
with wrong code: the median times, their ratio, and the ratio of the processor time of all processes. Then the memory
(PSS) of one worker with 200 packages of 50 courses, and of its author's instance, without the learner's sandbox. Last,
`--workers` processes grade right code as fast as they can, in turns: submissions in a second.
"""

import argparse
import logging
import os
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import torch

from grader.grading.pipeline import grade
from grader.packages.archives import files_of
from grader.packages.catalogue import find_package, packages
from grader.protocol.jobs import Job
from grader.sandboxes.pool import SandboxPool
from grader.sandboxes.select import open_author_sandbox, open_sandbox
from grader.telemetry import logs
from tests.support.owned import LIBRARY, owned_job, publish, publish_installed

SLUGS = ("gradients/sum-of-matrix", "derivatives/sin", "engine/scalar-engine", "training/linear-regression")
KINDS = {"installed": "", "owned": LIBRARY}
COURSES, PACKAGES_OF_EACH = 50, 4


@dataclass
class Sandboxes:
    """The two sandboxes of one worker process."""

    engine: str
    author: SandboxPool = field(init=False)
    learner: SandboxPool = field(init=False)

    def __post_init__(self) -> None:
        self.author, self.learner = open_author_sandbox("cpu", self.engine), open_sandbox("cpu", self.engine)
        self.author.warm_up()
        self.learner.warm_up()

    def grade(self, job: Job) -> None:
        """Grade a job of either kind."""
        grade(job, sandbox=self.learner, author_sandbox=lambda: self.author)

    def close(self) -> None:
        """Stop both."""
        self.author.close()
        self.learner.close()


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sandbox", default="bubblewrap")
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    prepare()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CHAINRULE_VERSIONS"] = folder
        sandboxes = Sandboxes(options.sandbox)
        for slug in SLUGS:
            if options.only in slug:
                compare(slug, sandboxes, options.times)
        show_memory(sandboxes)
        sandboxes.close()
        show_rates(options.sandbox, options.workers, options.times)


def prepare() -> None:
    """Make this process like a worker's: one thread, and few lines in the log."""
    torch.set_num_threads(1)
    logs.configure(level=logging.ERROR)


def compare(slug: str, sandboxes: Sandboxes, times: int) -> None:
    """Print a row for right and one for wrong code."""
    package, digest = find_package(slug), publish_installed(slug)
    wrong = sorted((package.folder / "mistakes").glob("*.py"))[0].read_text(encoding="utf-8")
    for name, source in {"right": package.solution, "wrong": wrong}.items():
        passed: dict[str, list[float]] = {kind: [] for kind in KINDS}
        used = dict.fromkeys(KINDS, 0.0)
        for seed in range(times + 3):
            for kind, library in KINDS.items():
                job = owned_job(slug, digest, source, seed=seed, library=library)
                before, began = processor_seconds(), time.perf_counter()
                sandboxes.grade(job)
                seconds = time.perf_counter() - began
                time.sleep(0.005)  # so that the child has ended
                if seed >= 3:
                    passed[kind].append(seconds)
                    used[kind] += processor_seconds() - before
        middle = {kind: 1000 * statistics.median(values) for kind, values in passed.items()}
        print(
            f"{slug:32} {name:6} installed {middle['installed']:6.1f} ms  owned {middle['owned']:6.1f} ms"
            f"  ratio {middle['owned'] / middle['installed']:.2f}  processor {used['owned'] / used['installed']:.2f}",
            flush=True,
        )


def processor_seconds() -> float:
    """The processor time of this process and of all below it, with those that have ended."""
    total = 0.0
    for process in (own := psutil.Process(), *own.children(recursive=True)):
        try:
            total += sum(process.cpu_times()[:4])
        except psutil.Error:
            continue
    return total


def show_rates(engine: str, workers: int, times: int) -> None:
    """Print how many submissions in a second several worker processes grade, of each kind."""
    with ProcessPoolExecutor(workers) as pool:
        rates = list(pool.map(rates_of_one, [engine] * workers, [times] * workers))
    for kind in KINDS:
        print(f"{workers} workers, {kind}: {sum(rate[kind] for rate in rates):.1f} submissions a second")


def rates_of_one(engine: str, times: int) -> dict[str, float]:
    """Grade right code in blocks, the kinds in turns; submissions in a second."""
    prepare()
    sandboxes, slug = Sandboxes(engine), SLUGS[0]
    digest, source = publish_installed(slug), find_package(slug).solution
    seconds = dict.fromkeys(KINDS, 0.0)
    for block in range(4):
        for kind, library in KINDS.items():
            began = time.perf_counter()
            for seed in range(times):
                sandboxes.grade(owned_job(slug, digest, source, seed=seed, library=library))
            seconds[kind] += time.perf_counter() - began if block else 0.0
    sandboxes.close()
    return {kind: 3 * times / passed for kind, passed in seconds.items()}


def show_memory(sandboxes: Sandboxes) -> None:
    """Grade a submission to each of many packages; print the memory of this process and of the author's instance."""
    installed = [package for package in packages() if package.manifest.runtime != "gpu"]
    for course in range(COURSES):
        for number in range(PACKAGES_OF_EACH):
            package = installed[(course * PACKAGES_OF_EACH + number) % len(installed)]
            files = files_of(package.folder) | {"note.md": f"of course {course}".encode()}
            job = owned_job(package.slug, publish(files), package.solution, library=f"course-{course + 1}")
            sandboxes.grade(job)
    author = [process for process in psutil.Process().children(recursive=True) if "author_instance" in command(process)]
    worker, instance = pss(psutil.Process()), sum(map(pss, author))
    print(f"{COURSES * PACKAGES_OF_EACH} packages of {COURSES} courses: worker {worker:.0f} MiB,", end=" ")
    print(f"author's instance {instance:.0f} MiB in {len(author)} processes (PSS)")


def command(process: psutil.Process) -> str:
    """The command line of a process; "" if it has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def pss(process: psutil.Process) -> float:
    """The proportional memory of a process, in MiB."""
    lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    main()
