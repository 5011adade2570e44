"""What remains in one worker and its sandbox when it has graded a thousand submissions. A measurement, not a test:

    python -m tests.benchmarks.soak [--engine bubblewrap] [--times 1000] [--bad-every 200] [--out FILE.json]

Right answers mostly, a wrong one every tenth time, and now and then one that ends its process and leaves files, for
which a sandbox is thrown away. What is held after the warm-up stands beside what is held in the end, and after each
tenth of the way: memory that grows without end would show there. `MiB together` is what one worker child costs.
"""

import argparse
import gc
import json
import os
import time
from dataclasses import replace
from pathlib import Path

import docker
import psutil
import torch

from grader.grading.pipeline import grade
from grader.protocol.jobs import Job
from grader.sandboxes.bubblewrap import BubblewrapEngine
from grader.sandboxes.docker import DockerEngine
from grader.sandboxes.orphans import SANDBOX
from grader.sandboxes.runtimes import load_runtimes
from tests.benchmarks.sandbox import be_quiet, opened, package_of, processes_of, proportional

SLUG = "gradients/sum-of-matrix"
WARM_UP = 50
WRONG = "\n\ndef gradient_of_sum(x):\n    return 2 * x\n"
BAD = "\n\nimport os\nopen('left', 'w').close()\nos._exit(1)\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", choices=["docker", "bubblewrap"], default="docker")
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--bad-every", type=int, default=200)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    be_quiet()
    name = f"soak-{os.getpid()}"
    began = time.monotonic()
    with opened(engine_of(options.engine, name)) as sandbox:
        held = [held_after(sandbox, name, range(WARM_UP), bad_every=WARM_UP)]
        step = max(1, options.times // 10)
        for first in range(0, options.times, step):
            held.append(held_after(sandbox, name, range(first, first + step), bad_every=options.bad_every))
    left = {"containers": len(containers_of(name)), "children": len(psutil.Process().children(recursive=True))}
    measured = {"times": options.times, "seconds": round(time.monotonic() - began), "held": held, "left": left}
    show(measured)
    if options.out:
        options.out.write_text(json.dumps(measured, indent=2))


def engine_of(kind, name):
    runtimes = load_runtimes()
    if kind == "bubblewrap":
        return BubblewrapEngine(runtimes["embedded"])
    return DockerEngine(replace(runtimes["cpu"], name=name))


def held_after(sandbox, name, numbers, *, bad_every):
    """The resources of this process and its sandbox when these submissions have been graded."""
    for number in numbers:
        grade(job_of(number, bad_every), sandbox=sandbox)
    sandbox._settling.result()
    sandbox.warm_up()  # if an instance was thrown away, its replacement has started now
    gc.collect()
    own, inside = psutil.Process(), inside_of(sandbox, name)
    worker, box = proportional(own.pid), sum(map(proportional, inside))
    return {
        "MiB of the worker": round(worker),
        "MiB of its sandbox": round(box),
        "MiB together": round(worker + box),
        "descriptors": own.num_fds(),
        "threads": own.num_threads(),
        "containers": len(containers_of(name)),
        "processes in it": len(inside),
        "files in its scratch": len(list(scratch_of(inside).iterdir())),
    }


def inside_of(sandbox, name):
    """Process ids in the sandbox, as the host sees them: its supervisor and the children that wait."""
    if sandbox.name == "docker":
        return processes_of(name)
    return [one.pid for one in psutil.Process().children(recursive=True)]


def scratch_of(pids):
    """The scratch folder of a sandbox, as its processes see it. It can be read only if we are root."""
    folders = (Path(f"/proc/{pid}/root/scratch") for pid in sorted(pids))
    return next(folder for folder in folders if folder.is_dir())


def job_of(number, bad_every):
    ending = BAD if number % bad_every == bad_every - 1 else WRONG if number % 10 == 0 else ""
    source = package_of(SLUG).solution + ending
    return Job(submission="soak", token="soak", exercise=SLUG, digest="", source=source, seed=number)


def containers_of(name):
    client = docker.from_env()
    try:
        return client.containers.list(all=True, filters={"label": f"{SANDBOX}={name}"}, ignore_removed=True)
    finally:
        client.close()


def show(measured):
    held = measured["held"]
    print(f"{measured['times']} submissions in {measured['seconds']} s")
    print(f"{'':22}{'after warm-up':>15}{'in the end':>12}   after each tenth")
    for what, before in held[0].items():
        print(f"{what:22}{before:15}{held[-1][what]:12}   {' '.join(str(one[what]) for one in held[1:])}")
    print(f"left after closing: {measured['left']['containers']} containers, {measured['left']['children']} processes")


if __name__ == "__main__":
    main()
