"""What runs a submission dies under it: the job is done again, and nobody's score or attempt suffers."""

import os
import signal
from contextlib import closing, suppress

import docker
import psutil
import pytest
from docker.errors import APIError

from deploy.setup.processes import wait_until
from grader.sandboxes.orphans import OWNER, SANDBOX
from tests.server.integration.test_whole_flow import python, show

pytestmark = [pytest.mark.slow, pytest.mark.docker]

# Long enough to be caught at work, well within the time limit.
WORK = "total = 0\nfor number in range(25_000_000):\n    total += number\n"
SUBMIT = """
from grader.packages.catalogue import find_package
from server.demo.course import SLUG, STUDENTS
from server.accounts.models import User
from server.gradebook.models import Assignment
from server.submissions import services
slug = "gradients/sum-of-matrix"
assignment = Assignment.objects.get(course__slug=SLUG, slug=slug)
learner = User.objects.get(username=STUDENTS[-1])
print(services.submit(learner=learner, assignment=assignment, source=find_package(slug).solution + {work!r}).pk)
"""
AT_WORK_SECONDS = 0.4  # of processor: more than a child needs to get ready


@pytest.fixture
def engine():
    with closing(docker.from_env()) as engine:
        yield engine


def sandbox_at_work(engine, grader, log):
    """The pool child, its container and the process in it that runs a submission, as soon as there is one."""
    found = []

    def look():
        # What is looked at may be going away: then the next look tells.
        with suppress(APIError, psutil.NoSuchProcess):
            for child in psutil.Process(grader.pid).children(recursive=True):
                for container in sandboxes_of(engine, child):
                    found.extend((child, container, process) for process in busy(container))
        return bool(found)

    wait_until(look, name="a submission at work", process=grader, log=log, seconds=60)
    return found[0]


def sandboxes_of(engine, child):
    """The containers that a pool child owns."""
    containers = engine.containers.list(filters={"label": SANDBOX})
    return [one for one in containers if f":{child.pid}:" in one.labels.get(OWNER, "")]


def busy(container):
    """Processes of a container that have worked for a while; the keeper, which has imported torch, is not one."""
    processes = [psutil.Process(int(row[1])) for row in container.top()["Processes"]]
    keeper = min(processes, key=lambda process: process.create_time())
    return [one for one in processes if one != keeper and one.cpu_times().user > AT_WORK_SECONDS]


def kill_the_container(child, container, process):
    container.kill()


def kill_the_harness(child, container, process):
    process.parent().kill()


def kill_the_worker_child(child, container, process):
    os.kill(child.pid, signal.SIGKILL)


@pytest.mark.parametrize("kill", [kill_the_container, kill_the_harness, kill_the_worker_child])
def test_a_submission_outlives_what_runs_it(idle, engine, kill):
    log = idle.folder / "grading.log"
    with idle.grader() as grader:
        submission = python(idle, SUBMIT.format(work=WORK))
        kill(*sandbox_at_work(engine, grader, log))
        wait_until(lambda: show(idle, submission)[0] == "graded", name="the score", process=grader, log=log, seconds=90)

    assert show(idle, submission)[:3] == ["graded", 10, 10]
