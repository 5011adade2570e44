"""The night before the deadline: students open pages, save drafts, do test runs and submit. A measurement: `make load`

    python -m tests.benchmarks.load [--students 50,200,500] [--seconds 60] [--sign-in 10] [--storm 0] [--backlog 200]
        [--base REV] [--rounds 1] [--json FILE]

Everything is on this machine, loopback only: PostgreSQL, Redis, website (2 workers), records worker, grading worker (2
sandboxes), and locust with the students (see `students`). Passwords have production's hash. For each number of students
it prints requests a second, failures, the time from submit to score, the age of the queue, and memory, sandboxes
included. All sign in within the first `--sign-in` seconds, which count like the rest. With `--storm N`, N more students
then sign in within ten seconds, and the pages of those who are already in are counted on their own. At last a backlog
is worked off, which tells how many submissions a second are graded when nobody waits for anything else.

`--base` measures a commit beside the present code: in each round first the commit and then the present code.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from statistics import median

import docker
import psutil
import psycopg
from docker.errors import DockerException

from deploy.dev.services import postgres
from grader.sandboxes.orphans import OWNER, SANDBOX
from tests.benchmarks.learners import (
    BACKLOG,
    PAGE,
    PAGE_IN_STORM,
    PASSWORD,
    PEOPLE,
    SIGN_IN,
    SUBMIT_TO_SCORE,
    run,
)
from tests.support.system import BIN, ROOT, whole_system

# The present versions of these measure a base, too.
BROUGHT = [f"tests/benchmarks/{name}.py" for name in ("load", "students", "learners")]
NOW = "now"
# The settings of the demo, with production's hash for passwords.
SETTINGS_MODULE = "load_settings"
SETTINGS = """
from django.conf import global_settings
from server.settings import base
from server.settings.demo import *
PASSWORD_HASHERS = getattr(base, "PASSWORD_HASHERS", global_settings.PASSWORD_HASHERS)
"""
# One hash for all: making hundreds would take minutes. Each sign-in still computes one.
ONE_PASSWORD = """
from django.contrib.auth.hashers import make_password
from server.accounts.models import User
User.objects.filter(username__startswith="load").update(password=make_password({password!r}))
"""
OLDEST = "SELECT extract(epoch FROM now() - min(submitted_at)) FROM submissions_submission WHERE state IN {states}"
OPEN = "('queued', 'running')"
GRADED = "SELECT count(*) FROM submissions_submission WHERE state IN ('graded', 'ungradable')"
STATES = "SELECT state, count(*) FROM submissions_submission GROUP BY state"
STORM_SECONDS = 10
SHARES = ("50%", "95%", "99%", "100%")
SHOWN = (SUBMIT_TO_SCORE, PAGE, PAGE_IN_STORM, SIGN_IN)


def main():
    options = parser().parse_args()
    results = compared(options) if options.base or options.rounds > 1 else {NOW: [measured(options)]}
    for number in options.students:
        report(number, {name: [one[str(number)] for one in rounds] for name, rounds in results.items()})
    if options.json:
        options.json.write_text(json.dumps(results, indent=2))


def parser():
    found = argparse.ArgumentParser(prog="python -m tests.benchmarks.load")
    found.add_argument("--students", type=numbers, default="50,200,500", help="How many, with commas between them.")
    found.add_argument("--seconds", type=positive, default=60, help="Of the load of one number of students.")
    found.add_argument("--sign-in", type=positive, default=10, help="Seconds within which all sign in.")
    found.add_argument("--storm", type=not_negative, default=0, help="How many more sign in within ten seconds.")
    found.add_argument("--backlog", type=not_negative, default=200, help="Submissions that wait at the end; 0: none.")
    found.add_argument("--base", help="A commit to measure in turn with the present code.")
    found.add_argument("--rounds", type=positive, default=1)
    found.add_argument("--json", type=Path)
    return found


def numbers(text):
    """Numbers of students, each once. Raises ArgumentTypeError with what is wrong."""
    return list(dict.fromkeys(positive(word) for word in text.split(",")))


def positive(text):
    number = whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text.strip()} is less than 1")
    return number


def not_negative(text):
    number = whole(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text.strip()} is less than 0")
    return number


def whole(text):
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text.strip()!r} is not a whole number") from None


def compared(options):
    """The figures of all numbers of students in each round, by version. Each has a process of its own."""
    # A base has no such module: there, this module measures without a base.
    from tests.support.revisions import checkout_of

    with checkout_of(options.base) if options.base else nullcontext() as base:
        trees = ({options.base: bring(base)} if base else {}) | {NOW: ROOT}
        results = {name: [] for name in trees}
        for _ in range(options.rounds):
            for name, tree in trees.items():
                results[name].append(in_another_process(tree, options))
    return results


def bring(folder):
    for name in BROUGHT:
        shutil.copy(ROOT / name, folder / name)
    return folder


def in_another_process(tree, options):
    words = ["--students", ",".join(map(str, options.students))]
    for name in ("seconds", "sign_in", "storm", "backlog"):
        words += [f"--{name.replace('_', '-')}", str(getattr(options, name))]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures.json"
        command = [sys.executable, "-m", "tests.benchmarks.load", *words, "--json", str(file)]
        done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"the load on {tree} ended with {done.returncode}\n{done.stdout}{done.stderr}")
        (found,) = json.loads(file.read_text())[NOW]
        return found


def measured(options):
    """The figures by number of students. One PostgreSQL serves all; each number has a fresh database and system."""
    with tempfile.TemporaryDirectory() as name, postgres(Path(name)) as server:
        os.environ["CHAINRULE_TEST_POSTGRES"] = server
        return {str(number): figures_of(number, options) for number in options.students}


def figures_of(number, options):
    with tempfile.TemporaryDirectory() as name, started(Path(name)) as system:
        quick = replace(system, env=system.env | {"DJANGO_SETTINGS_MODULE": "server.settings.demo"})
        run(quick, PEOPLE.format(count=max(number + options.storm, 50, options.backlog // 4 + 1)))
        run(system, ONE_PASSWORD.format(password=PASSWORD))
        system.manage("grade_samples", "gradients/two-variables", "--timeout", "300").check_returncode()
        figures = under_load(system, Path(name), number, options)
        rate = {"backlog_per_second": work_off(system, options.backlog)} if options.backlog else {}
        return figures | rate | {"load": os.getloadavg()[0]}


@contextmanager
def started(folder):
    """Everything but the students, with production's hash for passwords."""
    (folder / f"{SETTINGS_MODULE}.py").write_text(SETTINGS)
    env = {"DJANGO_SETTINGS_MODULE": SETTINGS_MODULE, "PYTHONPATH": str(folder)}
    with (
        whole_system(folder, website=False, env=env) as system,
        system.website(workers=2),
        system.grader(concurrency=2),
    ):
        yield system


def under_load(system, folder, number, options):
    ages, memory = [], 0.0
    storm = Storm(system, folder, options.storm, first=number + 1, at=options.sign_in + 5)
    seconds = options.seconds if not options.storm else max(options.seconds, storm.at + 3 * STORM_SECONDS)
    with psycopg.connect(system.env["DATABASE_URL"], autocommit=True) as db:
        before, began = db.execute(GRADED).fetchone()[0], time.monotonic()
        spawning = ["--users", str(number), "--spawn-rate", str(max(number / options.sign_in, 0.1))]
        students = locust(system, folder, "Student", *spawning, "--run-time", f"{seconds}s")
        while students.poll() is None:
            storm.advance(time.monotonic() - began)
            ages.append(float(db.execute(OLDEST.format(states=OPEN)).fetchone()[0] or 0))
            memory = max(memory, memory_of_ours(without=[students.pid, *storm.pids]))
            time.sleep(1)
        took = time.monotonic() - began
        graded = db.execute(GRADED).fetchone()[0] - before
        states = dict(db.execute(STATES).fetchall())
    return of_locust(folder, seconds, ["Student", "Newcomer"] if options.storm else ["Student"]) | {
        "graded": graded,
        "graded_per_second": graded / took,
        "oldest_queued_s": max(ages),
        "memory_mib": memory,
        "states": states,
    }


def locust(system, folder, people, *words, **env):
    """Start locust with a kind of people; its figures go into the folder under their name."""
    command = [BIN / "locust", "-f", "tests/benchmarks/students.py", "--headless", "--host", system.url]
    command += [*words, "--stop-timeout", "20", "--csv", folder / people, "--only-summary", people]
    given = os.environ | {"PYTHONPATH": str(ROOT), "CHAINRULE_LOAD_STORM": str(folder / "storm")} | env
    with (folder / f"{people}.log").open("wb") as log:
        return subprocess.Popen(list(map(str, command)), cwd=ROOT, env=given, stdout=log, stderr=subprocess.STDOUT)


class Storm:
    """Newcomers who sign in within ten seconds. While they do, the file `storm` exists."""

    def __init__(self, system, folder, number, *, first, at):
        self.system, self.folder, self.number, self.first, self.at = system, folder, number, first, at
        self.newcomers = None

    @property
    def pids(self):
        """The processes of the newcomers."""
        return [self.newcomers.pid] if self.newcomers else []

    def advance(self, seconds):
        """Begin if it is time, and end when all are in."""
        if self.number and not self.newcomers and seconds >= self.at:
            (self.folder / "storm").touch()
            spawning = ["--users", str(self.number), "--spawn-rate", str(self.number / STORM_SECONDS)]
            env = {"CHAINRULE_LOAD_FROM": str(self.first), "CHAINRULE_LOAD_NEWCOMERS": str(self.number)}
            words = [*spawning, "--run-time", "120s"]
            self.newcomers = locust(self.system, self.folder, "Newcomer", *words, **env)
        elif self.newcomers and self.newcomers.poll() is not None:
            (self.folder / "storm").unlink(missing_ok=True)


def of_locust(folder, seconds, kinds):
    """The figures of the requests of these kinds of people."""
    found = {kind: list(csv.DictReader((folder / f"{kind}_stats.csv").open())) for kind in kinds}
    students = {row["Name"]: row for row in found["Student"]}
    if SUBMIT_TO_SCORE not in students:
        raise SystemExit(f"no student got a score within {seconds} seconds:\n{(folder / 'Student.log').read_text()}")
    # In a storm, the sign-ins are those of the newcomers.
    shown = students | {row["Name"]: row for row in found[kinds[-1]] if row["Name"] == SIGN_IN}
    sums = [row for rows in found.values() for row in rows if row["Name"] == "Aggregated"]
    failed = [row for kind in kinds for row in csv.DictReader((folder / f"{kind}_failures.csv").open())]
    return {
        "requests_per_second": float(students["Aggregated"]["Requests/s"]),
        "requests": sum(int(row["Request Count"]) for row in sums),
        "failed": sum(int(row["Failure Count"]) for row in sums),
        "failures": [f"{row['Name']}: {row['Error']}" for row in failed][:5],
        "milliseconds": {name: percentiles(shown[name]) for name in SHOWN if name in shown},
        "locust": (folder / "Student.log").read_text()[-3000:],
    }


def percentiles(row):
    return {name: float(row[name]) for name in SHARES}


def memory_of_ours(*, without):
    """MiB of memory of everything that this process started, and of its sandboxes. Shared pages count once.

    The processes in `without` are left out, with those that they started.
    """
    ours = set(psutil.Process().children(recursive=True))
    for pid in without:
        with suppress(psutil.Error):
            ours -= {psutil.Process(pid), *psutil.Process(pid).children(recursive=True)}
    total = 0
    for process in ours | in_containers_of({one.pid for one in ours}):
        with suppress(psutil.Error):
            total += process.memory_full_info().pss
    return total / 2**20


def in_containers_of(pids):
    """The processes in the sandboxes of these processes. Empty if no container engine answers."""
    with suppress(DockerException):
        api = docker.APIClient(base_url=os.environ.get("DOCKER_HOST"), timeout=10)
        ours = [
            one["Id"]
            for one in api.containers(filters={"label": [SANDBOX]})
            if one["Labels"].get(OWNER, "::").split(":")[1] in map(str, pids)
        ]
        return {process for one in ours for process in processes_of(api, one)}
    return set()


def processes_of(api, container):
    with suppress(DockerException, psutil.Error):
        main = psutil.Process(api.inspect_container(container)["State"]["Pid"])
        return {main, *main.children(recursive=True)}
    return set()


def work_off(system, count):
    """Submissions graded per second when there is a backlog."""
    with psycopg.connect(system.env["DATABASE_URL"], autocommit=True) as db:
        target = db.execute(GRADED).fetchone()[0] + count
        run(system, BACKLOG.format(count=count))
        left, began = target - db.execute(GRADED).fetchone()[0], time.monotonic()
        while db.execute(GRADED).fetchone()[0] < target:
            time.sleep(0.1)
        return left / (time.monotonic() - began)


def report(number, by_version):
    """Print the figures of one number of students: each version's median over its rounds."""
    print(f"{number} students")
    for name, rounds in by_version.items():
        beside = f"{name}: " if len(by_version) > 1 else ""
        print(
            f"  {beside}{middle(rounds, 'requests_per_second'):.1f} requests/s, {worst(rounds, 'failed')} of "
            f"{worst(rounds, 'requests')} failed, memory {middle(rounds, 'memory_mib'):.0f} MiB, "
            f"load {middle(rounds, 'load'):.1f}"
        )
        for what in SHOWN:
            if all(what in one["milliseconds"] for one in rounds):
                print(f"    {what:18}{shares([one['milliseconds'][what] for one in rounds])}")
        print(
            f"    graded {middle(rounds, 'graded'):.0f}, {middle(rounds, 'graded_per_second'):.1f}/s under this load; "
            f"the oldest waited {worst(rounds, 'oldest_queued_s'):.1f} s; {rounds[-1]['states']}"
        )
        if all("backlog_per_second" in one for one in rounds):
            print(f"    a backlog at {middle(rounds, 'backlog_per_second'):.1f}/s")
        for line in (line for one in rounds for line in one["failures"]):
            print("    failed:", line)
    sys.stdout.flush()


def shares(rounds):
    return "".join(f"  {share} {middle(rounds, share) / 1000:6.2f} s" for share in SHARES)


def middle(rounds, name):
    return median(one[name] for one in rounds)


def worst(rounds, name):
    return max(one[name] for one in rounds)


if __name__ == "__main__":
    main()
