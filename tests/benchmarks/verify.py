"""What the walls cost a verification: one package as the installation's, and as a course's own.

    python -m tests.benchmarks.verify [SLUG] [--sandbox docker|bubblewrap] [--rounds N]

Both use the same learner's sandbox. The installation's code runs in this process, a course's in author's instances. The
rounds alternate, so that a machine that is busy slows both down. The ratio is that of the medians. The last row is the
delivery of the version to a worker that lacks it: from Redis to a folder on its disk.
"""

import argparse
import logging
import os
import secrets
import statistics
import tempfile
import time

import redis
import torch

from grader.grading.exercise import load_exercise
from grader.packages.archives import digest_of, files_of, pack
from grader.packages.catalogue import find_package
from grader.telemetry import logs
from grader.verification.package import verify
from grader.worker.versions import ensure
from tests.support.own_packages import Machine, cached, open_machine


def main() -> None:
    """Print the median seconds of both, and their ratio."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.verify")
    parser.add_argument("slug", nargs="?", default="derivatives/sin")
    parser.add_argument("--sandbox", choices=("docker", "bubblewrap"), default="bubblewrap")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    logs.configure(level=logging.ERROR)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder, open_machine(options.sandbox) as machine:
        os.environ["CHAINRULE_VERSIONS"] = folder
        inside, outside = _rounds(options.slug, machine, options.rounds)
        print(f"in this process     {statistics.median(inside):6.1f} s")
        print(f"author's instances  {statistics.median(outside):6.1f} s")
        print(f"ratio               {statistics.median(outside) / statistics.median(inside):6.2f}")
        if "REDIS_URL" in os.environ:
            print(f"delivery            {_delivery(options.slug):6.3f} s")


def _rounds(slug: str, machine: Machine, rounds: int) -> tuple[list[float], list[float]]:
    job = cached(files_of(find_package(slug).folder), slug=slug)
    _ = load_exercise(slug).checks
    inside, outside = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        found = verify(slug, sandbox=machine.sandbox)
        inside.append(time.perf_counter() - began)
        began = time.perf_counter()
        own = machine.verify(job)
        outside.append(time.perf_counter() - began)
        assert found.passed, found.problems
        assert own.passed, own.problems
    return inside, outside


def _delivery(slug: str) -> float:
    """Return the seconds until a version that only Redis has is on this machine's disk."""
    files = files_of(find_package(slug).folder) | {"notes.md": secrets.token_bytes(16)}
    digest = digest_of(files)
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.set(f"package:{digest}", pack(files), ex=60)
        began = time.perf_counter()
        ensure(digest, job="benchmark")
        return time.perf_counter() - began


if __name__ == "__main__":
    main()
