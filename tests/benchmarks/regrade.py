"""How fast a regrade's preview is, and how long a new submission waits when one runs. A measurement, not a test:

    python -m tests.benchmarks.regrade [--count 1500] [--exercise derivatives/sin] [--json FILE]

First one warm sandbox grades the exercise's solution by itself for a while: that is the speed of the sandboxes. Then
the whole system (database, Redis, records worker, one grading process) grades so many submissions of one assignment
again, while a student hands in once a second; a fresh submission's time runs from the handing in to the written report.
On a busy machine the ratio of the two speeds says more than either.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

import torch

from deploy.dev.processes import running
from grader.sandboxes.docker import DockerEngine
from grader.sandboxes.runtimes import load_runtimes
from tests.benchmarks.sandbox import be_quiet, grade_one, opened
from tests.support.system import BIN, whole_system

REGRADE = """
import json, time
from django.utils import timezone
from grader.packages.catalogue import find_package
from server.accounts.models import User
from server.courses.visibility import everybody
from server.demo.course import SLUG, STUDENTS
from server.gradebook.models import Assignment
from server.gradebook.services import refresh
from server.regrades import selectors, services as regrades
from server.submissions import services
from server.submissions.models import State, Submission
from tests.support.people import make_report

about = Assignment.objects.select_related("course").get(course__slug=SLUG, slug={exercise!r})
people = list(User.objects.filter(username__in=STUDENTS))
solution, content, now = find_package({exercise!r}).solution, about.content, timezone.now()
report = make_report(slug=content.slug)
Submission.objects.bulk_create(
    Submission(
        learner=people[n % len(people)], assignment=about, number=1000 + n, state=State.GRADED, exercise=content.slug,
        digest=content.digest, runtime=content.runtime, source=solution, submitted_at=now, sent_at=now,
        leased_until=now, finished_at=now, report=report, given=10, max=10,
    )
    for n in range({count})
)
refresh(about)

def fresh(learner):
    row = services.submit(learner=learner, assignment=about, source=solution)
    while row.is_open:
        time.sleep(0.01)
        row.refresh_from_db(fields=["state", "finished_at"])
    assert row.state == State.GRADED, row.state
    return (row.finished_at - row.submitted_at).total_seconds()

fresh(people[0])  # the grading process starts meanwhile
alone = [fresh(people[n % len(people)]) for n in range(10)]
regrade = regrades.start(about.course, [about], by=User.objects.get(username="instructor"), why="A measurement.")
began, beside = time.perf_counter(), []
while not (tally := selectors.tally(regrade, people=everybody(regrade.course))).ready:
    beside.append(fresh(people[len(beside) % len(people)]))
    time.sleep(1)
print(json.dumps({{"seconds": time.perf_counter() - began, "reruns": tally.over, "errors": tally.errors,
    "alone": alone, "beside": beside}}))
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--exercise", default="derivatives/sin")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    be_quiet()
    sandboxes = speed_of_a_sandbox(options.exercise, seconds=10)
    with tempfile.TemporaryDirectory() as folder, whole_system(Path(folder), website=False) as system:
        with grading(system):
            script = REGRADE.format(exercise=options.exercise, count=options.count)
            done = system.manage("shell", "--verbosity", "0", "-c", script)
        if done.returncode:
            raise SystemExit(done.stderr)
    report(json.loads(done.stdout.splitlines()[-1]), sandboxes, options)


def speed_of_a_sandbox(slug, *, seconds):
    """Submissions a second that one warm sandbox grades."""
    torch.set_num_threads(1)
    with opened(DockerEngine(load_runtimes()["cpu"])) as sandbox:
        for number in range(10):
            grade_one(slug, sandbox, number)
        count, until = 0, time.monotonic() + seconds
        while time.monotonic() < until:
            grade_one(slug, sandbox, count)
            count += 1
    return count / seconds


def grading(system):
    """A grading process that takes new submissions first, and regrades when there are none."""
    command = [
        BIN / "celery",
        "-A",
        "grader.worker",
        "worker",
        "-Q",
        "grading.cpu,regrading.cpu",
        "--concurrency",
        "1",
    ]
    return running("the grading worker", command, log=system.folder / "grading.log", env=system.env)


def report(measured, sandboxes, options):
    done = measured["reruns"] + len(measured["beside"])
    speed = done / measured["seconds"]
    errors, load = measured["errors"], os.getloadavg()[0]
    print(f"{measured['reruns']} reruns in {measured['seconds']:.0f} s, {errors} errors; load {load:.1f}")
    print(f"{speed:.1f} a second; one sandbox by itself {sandboxes:.1f}: {speed / sandboxes:.0%} of its speed")
    results = {}
    for when in ("alone", "beside"):
        times = [1000 * seconds for seconds in measured[when]]
        median, late = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        results[when] = {"median_ms": round(median), "p95_ms": round(late), "times": len(times)}
        print(f"fresh, {when:7} median {median:6.0f} ms   95 % {late:6.0f} ms   of {len(times)}")
    if options.json:
        figures = {"per_second": round(speed, 1), "sandbox_per_second": round(sandboxes, 1), "fresh": results}
        options.json.write_text(json.dumps({"reruns": measured["reruns"]} | figures, indent=2))


if __name__ == "__main__":
    main()
