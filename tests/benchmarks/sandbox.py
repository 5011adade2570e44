"""What a submission costs in each kind of sandbox. A measurement, not a test:

    python -m tests.benchmarks.sandbox
        [--slug gradients/sum-of-matrix] [--times 200] [--out FILE.json] [--only docker ...]

All of it in one run, since machines differ and only ratios travel. The floor is the solution and its calls in a process
that has torch imported, with nothing judged; every other line is a whole job, from `Job` to `Report`: secret cases,
truth and scoring included. Jobs follow one another at once, so each waits until the one before has been cleaned up
after; the paced line has time in between. A line whose engine does not answer says so. Then two workers, forked from a
process that has torch as Celery's are, share the machine for the rate of graded submissions; processor time and memory
are theirs and their containers'.
"""

import argparse
import json
import logging
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import median, quantiles

import docker
import psutil
import structlog
import torch

from grader.errors import SandboxError
from grader.grading.calls import call_of
from grader.grading.exercise import load_exercise
from grader.grading.pipeline import grade
from grader.packages.catalogue import find_package
from grader.protocol.jobs import Job
from grader.sandboxes.bubblewrap import BubblewrapEngine
from grader.sandboxes.docker import DockerEngine
from grader.sandboxes.orphans import SANDBOX
from grader.sandboxes.pool import Policy, SandboxPool
from grader.sandboxes.runtimes import Runtime, load_runtimes
from grader.sandboxes.unconfined import UnconfinedRun, UnconfinedSandbox

MIB = 2**20
COLD_TIMES = 5
WARM_UP = 20
PATIENCE = 60.0  # seconds until both workers have reached the same point


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--slug", default="gradients/sum-of-matrix")
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only", nargs="*", choices=list(KINDS), default=list(KINDS))
    options = parser.parse_args()
    be_quiet()
    torch.set_num_threads(1)
    measured = {"machine": machine(), "slug": options.slug, "lines": lines(options)}
    if "warm Docker" in measured["lines"]:
        measured["rate"] = rate(options.slug, seconds=10.0)
    show(measured)
    if options.out:
        options.out.write_text(json.dumps(measured, indent=2))


def be_quiet():
    """Switch logs off if they would break the table."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def machine():
    return {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 2)}


def lines(options):
    """Median and 95th percentile of each kind in milliseconds, or the reason if a kind cannot run."""
    found = {"exec (floor)": summary(floor(options.slug, options.times))}
    for key in options.only:
        name, measure, times = KINDS[key]
        try:
            found[name] = summary(measure(options.slug, times or options.times))
        except SandboxError as error:
            found[name] = {"missing": str(error)}
    return found


def summary(seconds):
    cuts = quantiles(seconds, n=20)
    return {"median_ms": median(seconds) * 1000, "p95_ms": cuts[18] * 1000, "times": len(seconds)}


def floor(slug, times):
    """Seconds of running the solution and its calls, if this process does it and nothing is judged."""
    exercise = load_exercise(slug)
    calls = [call_of(case) for case in exercise.cases(seed=0)]
    program = exercise.program(package_of(slug).solution)
    return repeated(times, lambda _: UnconfinedRun(program).observe(calls))


def unwalled(slug, times):
    """Seconds of each job in this process: truth and scoring are done, and there is no sandbox."""
    return repeated(times, lambda number: grade_one(slug, UnconfinedSandbox(), number))


def warm_sandbox(slug, times, *, runtime="cpu", engine: Callable[[Runtime], object] = DockerEngine, **policy):
    """Seconds of each job when the sandbox is reused."""
    with opened(engine(load_runtimes()[runtime]), **policy) as sandbox:
        return repeated(times, lambda number: grade_one(slug, sandbox, number))


def paced(slug, times, *, runtime="cpu", pause=0.1):
    """Seconds of each job when the sandbox has finished the one before, as on a worker that is often idle."""
    with opened(DockerEngine(load_runtimes()[runtime])) as sandbox:

        def settle():
            sandbox._settling.result()
            time.sleep(pause)

        return repeated(times, lambda number: grade_one(slug, sandbox, number), between=settle)


def cold(slug, times):
    """Seconds of a job if a container is made for it, and removed."""

    def grade_in_a_new_container(number):
        with opened(DockerEngine(load_runtimes()["cpu"])) as sandbox:
            grade_one(slug, sandbox, number)

    return repeated(times, grade_in_a_new_container, warm_up=0)


KINDS = {
    "inline": ("scored, no sandbox", unwalled, None),
    "docker": ("warm Docker", warm_sandbox, None),
    "paced": ("warm Docker, paced", paced, None),
    "bubblewrap": (
        "warm bubblewrap",
        lambda slug, times: warm_sandbox(slug, times, runtime="embedded", engine=BubblewrapEngine),
        None,
    ),
    "runsc": ("warm gVisor", lambda slug, times: warm_sandbox(slug, times, runtime="cpu-hardened"), 50),
    "gpu": ("warm GPU", lambda slug, times: warm_sandbox(slug, times, runtime="gpu"), 20),
    # Long enough for the next process to start CUDA and to warm up.
    "gpu-paced": ("warm GPU, paced", lambda slug, times: paced(slug, times, runtime="gpu", pause=1.5), 20),
    "never": ('reuse = "never"', lambda slug, times: warm_sandbox(slug, times, reuse=False, min_idle=2), 20),
    "cold": ("cold container", cold, COLD_TIMES),
}


@contextmanager
def opened(engine, **policy) -> Iterator[SandboxPool]:
    try:
        engine.check()
        sandbox = SandboxPool(engine, Policy(**policy))
    except BaseException:
        engine.close()
        raise
    try:
        yield sandbox
    finally:
        sandbox.close()


def grade_one(slug, sandbox, number):
    package = package_of(slug)
    job = Job(
        submission="bench", token="bench", exercise=slug, digest=package.digest, source=package.solution, seed=number
    )
    report = grade(job, sandbox=sandbox)
    if report.points != report.max_points:
        raise RuntimeError(f"the solution of {slug} got {report.points} of {report.max_points}")


@cache
def package_of(slug):
    """The package. It is read once: when a job names the version that a worker has loaded, it does not read again."""
    return find_package(slug)


def repeated(times, work, *, warm_up=WARM_UP, between=lambda: None):
    """Seconds of each of `times` calls of `work` with a number of its own, after some that do not count."""
    return [timed(work, number, between) for number in range(warm_up + times)][warm_up:]


def timed(work, number, afterwards):
    began = time.perf_counter()
    work(number)
    took = time.perf_counter() - began
    afterwards()
    return took


def rate(slug, *, seconds):
    """The rate of two worker processes when each has its own container."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.benchmarks.sandbox"])
    gate, results = context.Barrier(2, timeout=PATIENCE), context.Queue()
    workers = [context.Process(target=keep_grading, args=(slug, seconds, gate, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    found = [results.get(timeout=2 * PATIENCE + seconds) for _ in workers]
    for worker in workers:
        worker.join()
    count = sum(one["count"] for one in found)
    return {
        "workers": 2,
        "per_second": count / seconds,
        "processor_ms": sum(one["processor"] for one in found) / count * 1000,
        "worker_mib": max(one["worker_mib"] for one in found),
        "container_mib": max(one["container_mib"] for one in found),
    }


def keep_grading(slug, seconds, gate, results):
    be_quiet()
    torch.set_num_threads(1)
    name = f"bench-{os.getpid()}"
    with opened(DockerEngine(replace(load_runtimes()["cpu"], name=name)), max_jobs=100_000) as sandbox:
        for number in range(WARM_UP):
            grade_one(slug, sandbox, number)
        sandbox._settling.result()
        gate.wait()
        before, count = processor_time(name), 0
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            grade_one(slug, sandbox, count)
            count += 1
        spent = processor_time(name) - before
        sandbox._settling.result()
        held = {"worker_mib": proportional(os.getpid()), "container_mib": sum(map(proportional, processes_of(name)))}
        gate.wait()
        results.put({"count": count, "processor": spent} | held)


def processes_of(name):
    """Process ids in the container of a runtime of this name, as this machine counts them."""
    client = docker.from_env()
    try:
        (container,) = client.containers.list(filters={"label": f"{SANDBOX}={name}"})
        return [int(row[1]) for row in container.top()["Processes"]]
    finally:
        client.close()


def processor_time(name):
    """Seconds of processor of this process and of its container, children that have ended included."""
    times = []
    for pid in processes_of(name):
        with suppress(psutil.NoSuchProcess):  # a child can end in between: its parent then counts its time
            times.append(psutil.Process(pid).cpu_times())
    inside = sum(one.user + one.system + one.children_user + one.children_system for one in times)
    return time.process_time() + inside


def proportional(pid):
    """Resident memory of a process in MiB, 0 if it has ended; if n processes share a page, it counts as 1/n."""
    try:
        return psutil.Process(pid).memory_full_info().pss / MIB
    except psutil.NoSuchProcess:
        return 0.0


def show(measured):
    print(f"{measured['slug']} on {measured['machine']['cores']} cores, load {measured['machine']['load']}")
    rows = measured["lines"]
    reference = rows.get("warm Docker", {}).get("median_ms")
    print(f"{'':22}{'median':>10}{'95%':>10}{'x floor':>10}{'x warm Docker':>15}")
    for name, row in rows.items():
        if "missing" in row:
            print(f"{name:22}{row['missing']}")
            continue
        over = row["median_ms"] / rows["exec (floor)"]["median_ms"]
        relative = f"{row['median_ms'] / reference:15.2f}" if reference else ""
        print(f"{name:22}{row['median_ms']:7.2f} ms{row['p95_ms']:7.2f} ms{over:10.1f}{relative}")
    if "rate" in measured:
        both = measured["rate"]
        print(f"two workers grade {both['per_second']:.0f} submissions/s at {both['processor_ms']:.1f} ms of processor")
        print(f"a worker holds {both['worker_mib']:.0f} MiB, its container {both['container_mib']:.0f} MiB")


if __name__ == "__main__":
    main()
