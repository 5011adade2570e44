"""The night before the deadline: students open pages, save drafts, do test runs and submit. A measurement: `make load`

    python -m tests.benchmarks.load [--students 50,200,500] [--seconds 60] [--backlog 200] [--json FILE]

Everything is on this machine, loopback only: PostgreSQL, Redis, website (2 workers), records worker, grading worker (2
sandboxes), and locust with the students (see `students`). For each number of students it prints requests a second,
failures, the time from submit to score, the age of the queue, and memory. The first ten seconds, in which all sign in,
count like the rest. At last a backlog is worked off, which tells how many submissions a second are graded when nobody
waits for anything else.
"""

import argparse
import csv
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import psutil
import psycopg

from deploy.dev.services import postgres
from tests.benchmarks.learners import BACKLOG, PEOPLE, run
from tests.benchmarks.students import SUBMIT_TO_SCORE
from tests.support.system import BIN, ROOT, whole_system

OLDEST = "SELECT extract(epoch FROM now() - min(submitted_at)) FROM submissions_submission WHERE state IN {states}"
OPEN = "('queued', 'running')"
GRADED = "SELECT count(*) FROM submissions_submission WHERE state IN ('graded', 'ungradable')"
STATES = "SELECT state, count(*) FROM submissions_submission GROUP BY state"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--students", default="50,200,500")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--backlog", type=int, default=200)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results = {}
    for number in map(int, options.students.split(",")):
        results[number] = measured(number, options)
        report(number, results[number])
    if options.json:
        options.json.write_text(json.dumps(results, indent=2))


def measured(number, options):
    """The figures of one number of students on a fresh system."""
    with tempfile.TemporaryDirectory() as name, postgres(Path(name)) as server:
        os.environ["CHAINRULE_TEST_POSTGRES"] = server
        folder = Path(name)
        with whole_system(folder, website=False) as system, system.website(workers=2), system.grader(concurrency=2):
            run(system, PEOPLE.format(count=max(number, 50, options.backlog // 4 + 1)))
            system.manage("grade_samples", "gradients/two-variables", "--timeout", "300").check_returncode()
            figures = under_load(system, folder, number, options.seconds)
            return figures | {"backlog_per_second": work_off(system, options.backlog), "load": os.getloadavg()[0]}


def under_load(system, folder, number, seconds):
    command = [BIN / "locust", "-f", "tests/benchmarks/students.py", "--headless", "--host", system.url]
    command += ["--users", str(number), "--spawn-rate", str(max(number / 10, 1)), "--run-time", f"{seconds}s"]
    command += ["--stop-timeout", "20", "--csv", str(folder / "load"), "--only-summary"]
    ages, memory = [], 0.0
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    with (folder / "locust.log").open("wb") as log, psycopg.connect(system.env["DATABASE_URL"], autocommit=True) as db:
        before, began = db.execute(GRADED).fetchone()[0], time.monotonic()
        process = subprocess.Popen(list(map(str, command)), cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT)
        while process.poll() is None:
            ages.append(float(db.execute(OLDEST.format(states=OPEN)).fetchone()[0] or 0))
            memory = max(memory, memory_of_ours(without=process.pid))
            time.sleep(1)
        took = time.monotonic() - began
        graded = db.execute(GRADED).fetchone()[0] - before
        states = dict(db.execute(STATES).fetchall())
    rows = {row["Name"]: row for row in csv.DictReader((folder / "load_stats.csv").open())}
    if SUBMIT_TO_SCORE not in rows:
        raise SystemExit(f"no student got a score within {seconds} seconds:\n{(folder / 'locust.log').read_text()}")
    failures = folder / "load_failures.csv"
    return {
        "requests_per_second": float(rows["Aggregated"]["Requests/s"]),
        "requests": sum(int(row["Request Count"]) for name, row in rows.items() if name != "Aggregated"),
        "failed": int(rows["Aggregated"]["Failure Count"]),
        "failures": [f"{row['Name']}: {row['Error']}" for row in csv.DictReader(failures.open())][:5],
        "submit_to_score_ms": percentiles(rows[SUBMIT_TO_SCORE]),
        "page_ms": percentiles(rows["page"]),
        "graded": graded,
        "graded_per_second": graded / took,
        "oldest_queued_s": max(ages),
        "memory_mib": memory,
        "states": states,
        "locust": (folder / "locust.log").read_text()[-3000:],
    }


def percentiles(row):
    return {name: float(row[name]) for name in ("50%", "95%", "99%", "100%")}


def memory_of_ours(*, without):
    """MiB of memory of everything that this process started except the students. Shared pages count once."""
    spared = {without}
    total = 0
    for process in psutil.Process().children(recursive=True):
        if process.pid not in spared:
            try:
                total += process.memory_full_info().pss
            except psutil.Error:
                continue
    return total / 2**20


def work_off(system, count):
    """Submissions graded per second when there is a backlog."""
    with psycopg.connect(system.env["DATABASE_URL"], autocommit=True) as db:
        target = db.execute(GRADED).fetchone()[0] + count
        run(system, BACKLOG.format(count=count))
        left, began = target - db.execute(GRADED).fetchone()[0], time.monotonic()
        while db.execute(GRADED).fetchone()[0] < target:
            time.sleep(0.1)
        return left / (time.monotonic() - began)


def report(number, figures):
    score, page = figures["submit_to_score_ms"], figures["page_ms"]
    print(
        f"{number} students: {figures['requests_per_second']:.1f} requests/s, {figures['failed']} of "
        f"{figures['requests']} failed, memory {figures['memory_mib']:.0f} MiB, load {figures['load']:.1f}"
    )
    for name, row in (("submit to score", score), ("page", page)):
        print(f"  {name:16}" + "".join(f"  {share} {row[share] / 1000:6.2f} s" for share in row))
    print(
        f"  graded {figures['graded']}, {figures['graded_per_second']:.1f}/s under this load; the oldest waited "
        f"{figures['oldest_queued_s']:.1f} s; a backlog at {figures['backlog_per_second']:.1f}/s; {figures['states']}"
    )
    for line in figures["failures"]:
        print("  failed:", line)


if __name__ == "__main__":
    main()
