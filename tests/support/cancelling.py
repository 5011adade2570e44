"""A submission that never ends, cancelled on a whole system; then one that is right."""

import json
from dataclasses import dataclass, replace

from grader.packages.catalogue import find_package

SLUG = "gradients/sum-of-matrix"
# It ignores signals, its children never end either, and it prints for ever.
STUBBORN = """
import os, signal, threading
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)

def write():
    while True:
        os.write(1, b"x" * 65536)

def endless(*args):
    threading.Thread(target=write).start()
    os.fork()
    while True: pass

NAMES = endless
"""
SCRIPT = """
import json, time
from server.accounts.models import User
from server.gradebook.models import Assignment
from server.submissions.live import progress
from server.submissions.models import Submission
from server.submissions.services import cancel, submit

learner = User.objects.get(username={learner!r})
assignment = Assignment.objects.get(course__slug="autograd-demo", slug={slug!r})

def hand_in(source):
    return submit(learner=learner, assignment=assignment, source=source)

def seconds_until(condition, most=180):
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > most:
            raise SystemExit("it did not happen")
        time.sleep(0.01)
    return time.monotonic() - start

def now(row):
    return Submission.objects.get(pk=row.pk)

endless = hand_in({endless!r})
seconds_until(lambda: progress.latest(endless.pk).get("case_put"))
time.sleep({after})
assert cancel(endless)
settled = seconds_until(lambda: now(endless).cancel_cost != "unknown")
following = hand_in({solution!r})
graded = seconds_until(lambda: now(following).state == "graded")
first, second = now(endless), now(following)
print(json.dumps([settled, graded, first.counts, first.state, second.given, second.tries]))
"""


@dataclass(frozen=True)
class Cancelled:
    """Seconds from the cancellation until its grader had answered, then until the next submission was graded."""

    settled: float
    next_graded: float
    used_attempt: bool
    state: str
    next_points: float
    next_tries: int


def cancel_an_endless_run(system, *, learner, after=1.0):
    """Hand in endless code, cancel it so many seconds after its first case was put, and hand in the solution."""
    package = find_package(SLUG)
    names = " = ".join(entry.name for entry in package.manifest.entries)
    script = SCRIPT.format(
        learner=learner,
        slug=SLUG,
        after=after,
        endless=STUBBORN.replace("NAMES", names),
        solution=package.solution,
    )
    done = system.manage("shell", "--no-imports", "-c", script)
    assert done.returncode == 0, done.stderr
    return Cancelled(*json.loads(done.stdout.strip().splitlines()[-1]))


def grader_on(system, engine):
    """Run a grading worker with one kind of sandbox while the block runs."""
    return replace(system, env=system.env | {"CHAINRULE_SANDBOX": engine}).grader()
