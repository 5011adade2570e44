"""What a submission to a course's own exercise costs, beside one to the same exercise of the installation.

    python -m tests.benchmarks.owned [--sandbox docker|bubblewrap] [--times 40] [--workers 2] [--seconds 4]
        [--only derivatives]

The two kinds alternate in one run, so that other load is the same for both. A row for each exercise, with right and
with wrong code: the median times, their ratio, and the ratio of the processor time of all processes. Then the memory
(PSS) of one worker with 200 packages of 50 courses, and of its author's instance, without the learner's sandbox. Last,
`--workers` processes grade right code as fast as they can: all of them one kind, then all of them the other, in turns.
As with a queue, the next submission is taken when the report of the last one is there.

The processor time of a container is that of its cgroup: the engine starts it, so it is no child of this process.
"""

import argparse
import logging
import multiprocessing
import os
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
import psutil
import torch

from grader.grading.pipeline import grade
from grader.packages.archives import files_of
from grader.packages.catalogue import find_package, packages
from grader.protocol.jobs import Job
from grader.sandboxes.orphans import OWNER, owner
from grader.sandboxes.pool import SandboxPool
from grader.sandboxes.select import open_author_sandbox, open_sandbox
from grader.telemetry import logs
from tests.support.owned import LIBRARY, owned_job, publish, publish_installed

SLUGS = ("gradients/sum-of-matrix", "derivatives/sin", "engine/scalar-engine", "training/linear-regression")
KINDS = {"installed": "", "owned": LIBRARY}
COURSES, PACKAGES_OF_EACH = 50, 4
BLOCKS = 3  # of each kind
PATIENCE = 120.0  # seconds until all workers have reached the same point


@dataclass
class Sandboxes:
    """The two sandboxes of one worker process."""

    engine: str
    author: SandboxPool = field(init=False)
    learner: SandboxPool = field(init=False)
    _groups: set[Path] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.author, self.learner = open_author_sandbox("cpu", self.engine), open_sandbox("cpu", self.engine)
        self.author.warm_up()
        self.learner.warm_up()

    def grade(self, job: Job) -> None:
        """Grade a job of either kind."""
        grade(job, sandbox=self.learner, author_sandbox=lambda: self.author)

    def settle(self) -> None:
        """Wait until nothing of the last submission runs any more."""
        for sandbox in (self.author, self.learner):
            if sandbox._settling is not None:
                sandbox._settling.result()

    def processes(self) -> list[psutil.Process]:
        """The processes of both: children of this one, or of the engine."""
        if self.engine != "docker":
            return psutil.Process().children(recursive=True)
        return [psutil.Process(pid) for pid in processes_of_containers()]

    def processor_seconds(self) -> float:
        """The processor time of this process and of both sandboxes, with the processes that have ended."""
        if self.engine == "docker":
            self._groups = self._groups or {usage_file(pid) for pid in processes_of_containers()}
            return time.process_time() + sum(map(group_seconds, self._groups))
        return sum(map(seconds_of, (psutil.Process(), *self.processes())))

    def close(self) -> None:
        """Stop both."""
        self.author.close()
        self.learner.close()


def processes_of_containers() -> list[int]:
    """The ids of all processes in the containers that this process has started."""
    client = docker.from_env()
    try:
        mine = client.containers.list(filters={"label": f"{OWNER}={owner()}"})
        return [int(row[1]) for container in mine for row in container.top()["Processes"]]
    finally:
        client.close()


def usage_file(pid: int) -> Path:
    """The file in which the kernel counts the processor time of a process's cgroup, of version 1 or 2."""
    lines = Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8").splitlines()
    groups = {names: path for _, names, path in (line.split(":", 2) for line in lines)}
    for names, path in groups.items():
        if "cpuacct" in names.split(","):
            return Path(f"/sys/fs/cgroup/{names}{path}/cpuacct.usage")
    return Path(f"/sys/fs/cgroup{groups['']}/cpu.stat")


def group_seconds(file: Path) -> float:
    """The seconds that a file of `usage_file` tells."""
    text = file.read_text(encoding="utf-8")
    if file.name == "cpuacct.usage":
        return int(text) / 1e9
    return int(text.split()[1]) / 1e6  # the first line is usage_usec


def seconds_of(process: psutil.Process) -> float:
    """The processor time of a process and of its children that have ended; 0 if it has ended itself."""
    try:
        return sum(process.cpu_times()[:4])
    except psutil.Error:
        return 0.0


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sandbox", default="bubblewrap")
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="")
    parser.add_argument("--seconds", type=float, default=4.0)
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
        show_rates(options.sandbox, options.workers, options.seconds)


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
                before, began = sandboxes.processor_seconds(), time.perf_counter()
                sandboxes.grade(job)
                seconds = time.perf_counter() - began
                time.sleep(0.005)  # so that the child has ended
                if seed >= 3:
                    passed[kind].append(seconds)
                    used[kind] += sandboxes.processor_seconds() - before
        middle = {kind: 1000 * statistics.median(values) for kind, values in passed.items()}
        print(
            f"{slug:32} {name:6} installed {middle['installed']:6.1f} ms  owned {middle['owned']:6.1f} ms"
            f"  ratio {middle['owned'] / middle['installed']:.2f}  processor {used['owned'] / used['installed']:.2f}",
            flush=True,
        )


def show_rates(engine: str, workers: int, seconds: float) -> None:
    """Print what several worker processes grade at full speed, of each kind."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.benchmarks.owned"])
    gate, results = context.Barrier(workers, timeout=PATIENCE), context.Queue()
    started = [context.Process(target=keep_grading, args=(engine, seconds, gate, results)) for _ in range(workers)]
    for worker in started:
        worker.start()
    rates = [results.get(timeout=PATIENCE + 2 * BLOCKS * seconds) for _ in started]
    for worker in started:
        worker.join()
    costs = {}
    for kind in KINDS:
        count = sum(rate[kind]["count"] for rate in rates)
        costs[kind] = sum(rate[kind]["processor"] for rate in rates) / count
        a_second = count / (BLOCKS * seconds)
        print(
            f"{workers} workers, {kind}: {a_second:.1f} submissions a second, {1000 * costs[kind]:.1f} ms of processor"
        )
    print(f"at full speed an owned one takes {costs['owned'] / costs['installed']:.2f} times the processor time")


def keep_grading(engine: str, seconds: float, gate: Any, results: Any) -> None:
    """Grade right code as fast as possible, each kind in blocks in which all workers do the same."""
    prepare()
    sandboxes, slug = Sandboxes(engine), SLUGS[0]
    digest, source = publish_installed(slug), find_package(slug).solution
    found = {kind: {"count": 0.0, "processor": 0.0} for kind in KINDS}
    for block in range(BLOCKS + 1):  # the first one is not counted
        for kind, library in KINDS.items():
            sandboxes.settle()
            gate.wait()
            before, count, until = sandboxes.processor_seconds(), 0, time.monotonic() + seconds
            while time.monotonic() < until:
                sandboxes.grade(owned_job(slug, digest, source, seed=count, library=library))
                count += 1
            sandboxes.settle()
            if block:
                found[kind]["count"] += count
                found[kind]["processor"] += sandboxes.processor_seconds() - before
    gate.wait()
    results.put(found)
    sandboxes.close()


def show_memory(sandboxes: Sandboxes) -> None:
    """Grade a submission to each of many packages; print the memory of this process and of the author's instance."""
    installed = [package for package in packages() if package.manifest.runtime != "gpu"]
    for course in range(COURSES):
        for number in range(PACKAGES_OF_EACH):
            package = installed[(course * PACKAGES_OF_EACH + number) % len(installed)]
            files = files_of(package.folder) | {"note.md": f"of course {course}".encode()}
            job = owned_job(package.slug, publish(files), package.solution, library=f"course-{course + 1}")
            sandboxes.grade(job)
    author = [process for process in sandboxes.processes() if "author_instance" in command(process)]
    worker, instance = pss(psutil.Process()), sum(map(pss, author))
    print(f"{COURSES * PACKAGES_OF_EACH} packages of {COURSES} courses: worker {worker:.0f} MiB,", end=" ")
    print(f"author's instance {instance:.0f} MiB in {len(author)} processes (PSS)", flush=True)


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
