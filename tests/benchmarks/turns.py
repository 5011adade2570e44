"""How long others wait while one course or one learner fills the queue. A measurement, not a test:

    python -m tests.benchmarks.turns [--waiting 10000] [--rounds 40] [--attempts 3800] [--grader real]

The whole system runs on this machine: PostgreSQL, Redis, website (2 workers), records worker, and a grading worker with
two processes. By default its jobs only sleep (`sleeping_grader`), so that the figures are those of the queue. Students
hand in through the API, and each one's wait runs from the submission to the written report.

    idle            students of a small course, one after another, on an idle system
    behind 10,000   the same, while so many submissions of another course wait
    one learner     3,800 attempts of one learner: how many are accepted, and how long others of the course wait
    sleepers        40 attempts of one learner that sleep: how long another learner waits
"""

import argparse
import json
import os
import statistics
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg

from deploy.dev.processes import running
from deploy.dev.services import postgres
from grader.packages.catalogue import find_package
from tests.support.system import BIN, whole_system

SLUG = "derivatives/sin"
CALLERS = 8
SLEEPERS = 40
PEOPLE = """
from server.accounts.models import User
from server.courses.models import Course, Enrollment, Role
from server.gradebook.models import Assignment
for slug, count in {courses}.items():
    course = Course.objects.create(slug=slug, title=slug)
    Assignment.objects.create(course=course, slug={slug!r}, exercise={slug!r})
    people = User.objects.bulk_create(
        User(username=f"{{slug}}-{{number}}", external_id=f"{{slug}}-{{number}}") for number in range(count)
    )
    Enrollment.objects.bulk_create(Enrollment(course=course, user=one, role=Role.STUDENT) for one in people)
    # The token's owner must teach in its courses.
    Enrollment.objects.create(course=course, user=User.objects.get(username="instructor"), role=Role.INSTRUCTOR)
    print(Assignment.objects.get(course=course).pk)
"""
WAITING = """
from datetime import timedelta
from django.utils import timezone
from server.gradebook.models import Assignment
from server.submissions.models import CourseTurn, State, Submission
about = Assignment.objects.get(course__slug="large")
people = [one.user_id for one in about.course.enrollments.filter(role="student").order_by("pk")]
content, now = about.content, timezone.now()
CourseTurn.objects.get_or_create(runtime=content.runtime, course=about.course)
Submission.objects.bulk_create(
    (Submission(
        learner_id=people[place % len(people)], assignment=about, number=1 + place // len(people),
        exercise=content.slug, digest=content.digest, runtime=content.runtime, source={source!r},
        submitted_at=now, sent_at=now, leased_until=now, tries=0, turn_course_id=about.course_id,
        turn_at=now + timedelta(microseconds=place),
    )
    for place in range({count})),
    batch_size=1000,
)
"""
COURSES = {"large": 2_500, "small": 400}
OVER = "SELECT extract(epoch FROM finished_at - submitted_at) FROM submissions_submission WHERE id = %s"
LEFT = "SELECT count(*) FROM submissions_submission WHERE state IN ('queued', 'running')"
CANCEL = "UPDATE submissions_submission SET state = 'cancelled', finished_at = now() WHERE state = 'queued'"


class Bench:
    """Hands in through the API, and reads waits from the database."""

    def __init__(self, system, token, assignments, source):
        self.url, self.token, self.assignments, self.source = system.url, token, assignments, source
        self.database = psycopg.connect(system.env["DATABASE_URL"], autocommit=True)

    def post(self, course, learner, source=None):
        """Hand in for one learner; the status, and the id or the code of the problem."""
        body = {"assignment": self.assignments[course], "user": {"external_id": f"{course}-{learner}"}}
        data = json.dumps(body | {"source": source or self.source}).encode()
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),
        }
        try:
            with urllib.request.urlopen(
                urllib.request.Request(f"{self.url}/api/v1/submissions", data, headers), timeout=60
            ) as answer:
                return answer.status, json.load(answer)["id"]
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)["code"]

    def wait(self, course, learner):
        """Hand in, and return the seconds until the report was written."""
        status, pk = self.post(course, learner)
        assert status == 202, (status, pk)
        while (waited := self.database.execute(OVER, [pk]).fetchone()[0]) is None:
            time.sleep(0.02)
        return float(waited)

    def waits(self, course, learners):
        """The waits of learners who hand in one after another, with a pause of a moment."""
        found = []
        for learner in learners:
            found.append(self.wait(course, learner))
            time.sleep(0.1)
        return found

    def left(self):
        return self.database.execute(LEFT).fetchone()[0]

    def clear(self):
        """Withdraw everything that waits, and wait until the graders are idle."""
        self.database.execute(CANCEL)
        time.sleep(10)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--waiting", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--attempts", type=int, default=3_800)
    parser.add_argument("--grader", choices=["sleeping", "real"], default="sleeping")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, postgres(Path(name)) as server:
        os.environ["CHAINRULE_TEST_POSTGRES"] = server
        with prepared(Path(name), options) as (system, bench):
            figures = measure(system, bench, options)
    report(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


@contextmanager
def prepared(folder, options):
    """Run the system with its graders, and make people and courses."""
    env = {"CHAINRULE_API_REQUESTS_PER_MINUTE": "1000000"}
    with whole_system(folder, website=False, env=env) as system, system.website(workers=2):
        made = run(system, PEOPLE.format(courses=COURSES, slug=SLUG))
        assignments = dict(zip(COURSES, map(int, made.split()), strict=True))
        courses = [word for slug in COURSES for word in ("--course", slug)]
        scopes = ("--scope", "submissions:write", "--scope", "submissions:read")
        token = system.manage("apitoken", "bench", "--owner", "instructor", *courses, *scopes).stdout.strip()
        graders = system.grader(concurrency=2) if options.grader == "real" else sleeping_grader(system)
        with graders:
            bench = Bench(system, token, assignments, find_package(SLUG).solution)
            bench.waits("small", range(390, 395))
            # Until the records worker has asked the graders how many they are.
            time.sleep(15)
            yield system, bench


def sleeping_grader(system):
    command = [BIN / "celery", "-A", "tests.benchmarks.sleeping_grader", "worker", "-Q", "grading.cpu,regrading.cpu"]
    command += ["--concurrency", "2", "-n", "sleeping@%h"]
    return running("the grading worker", command, log=system.folder / "grading.log", env=system.env)


def run(system, script):
    done = system.manage("shell", "--verbosity", "0", "--no-imports", "-c", script)
    assert done.returncode == 0, done.stderr
    return done.stdout


def measure(system, bench, options):
    figures = {}

    def keep(name, found):
        figures[name] = found
        print(f"{name}: {found}", flush=True)

    keep("idle", of(bench.waits("small", range(options.rounds))))
    run(system, WAITING.format(source=bench.source, count=options.waiting))
    time.sleep(5)
    keep("behind", of(bench.waits("small", range(options.rounds))) | behind(bench))
    bench.clear()
    keep("sleepers", sleepers(bench))
    bench.clear()
    keep("one learner", one_learner(bench, options))
    keep("load", os.getloadavg()[0])
    return figures


def behind(bench):
    """How many still waited at the end, and how many a second the graders worked off meanwhile."""
    before, began = bench.left(), time.monotonic()
    time.sleep(10)
    return {"left": before, "graded_per_second": (before - bench.left()) / (time.monotonic() - began)}


def one_learner(bench, options):
    alone = of(bench.waits("large", range(100, 100 + options.rounds)))
    with ThreadPoolExecutor(CALLERS) as pool:
        attempts = [pool.submit(bench.post, "large", 0) for _ in range(options.attempts)]
        found = bench.waits("large", range(100, 100 + options.rounds))
        answers = Counter(str(attempt.result()[0]) for attempt in attempts)
    return {"alone": alone, "beside": of(found), "answers": dict(answers)}


def sleepers(bench):
    source = f"# seconds: 8\nimport time\ntime.sleep(8)\n{bench.source}"
    with ThreadPoolExecutor(CALLERS) as pool:
        answers = Counter(
            str(status) for status, _ in pool.map(lambda _: bench.post("small", 0, source), range(SLEEPERS))
        )
    return of(bench.waits("small", range(200, 205))) | {"answers": dict(answers)}


def of(waits):
    late = statistics.quantiles(waits, n=20)[-1]
    return {"median_s": round(statistics.median(waits), 3), "p95_s": round(late, 3), "most_s": round(max(waits), 3)}


def report(figures):
    idle, late, one, sleepers = (figures[name] for name in ("idle", "behind", "one learner", "sleepers"))
    print(f"load {figures['load']:.1f}")
    for name, row in (
        ("idle", idle),
        ("behind", late),
        ("alone in its course", one["alone"]),
        ("beside one learner", one["beside"]),
        ("beside sleepers", sleepers),
    ):
        print(f"{name:20} median {row['median_s']:6.2f} s   95 % {row['p95_s']:6.2f} s   most {row['most_s']:6.2f} s")
    print(
        f"behind {late['left']} waiting: {late['p95_s'] / idle['p95_s']:.2f} times the wait of an idle system (95 %),"
    )
    print(f"  and {late['graded_per_second']:.1f} graded a second")
    print(
        f"one learner: {one['answers']}; others waited {one['beside']['p95_s'] - one['alone']['p95_s']:+.2f} s (95 %)"
    )
    print(f"sleepers: {sleepers['answers']}")


if __name__ == "__main__":
    main()
