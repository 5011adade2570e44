"""Upgrading: server and grader of two versions grade together, and the new server shows the old one's reports.

The old version is the last commit before the modules were renamed, taken from this repository's history. Both versions
use the old version's exercises: packages that were written for it must still load.
"""

import json
import os
import subprocess
from contextlib import contextmanager

import pytest

from deploy.dev.processes import running, wait_until
from deploy.dev.services import redis
from tests.support.system import BIN, ROOT, base_settings, database, grader_command, records_command

pytestmark = [pytest.mark.slow, pytest.mark.nightly, pytest.mark.bubblewrap]

OLD_VERSION = "a36b6fe77a902faa58158d17d816d44a6682b59b"
SLUG = "gradients/jacobian-products"
SUBMIT = """
from pathlib import Path
from server.accounts.models import User
from server.gradebook.models import Assignment
from server.submissions.services import submit
for path in {paths!r}:
    learner = User.objects.get(username="student1")
    assignment = Assignment.objects.get(course__slug="autograd-demo", slug={slug!r})
    print(submit(learner=learner, assignment=assignment, source=Path(path).read_text()).pk)
"""
STATES = """
import json
from server.submissions.models import Submission
for submission in Submission.objects.order_by("pk"):
    print(json.dumps([submission.state, submission.given, submission.max, submission.tries]))
"""
PAGES = """
from django.test import Client
from server.submissions.models import Submission
for submission in Submission.objects.order_by("pk"):
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(submission.learner)
    page = client.get(f"/submissions/{submission.pk}/")
    print(page.status_code, "yours" in page.text.lower())
"""


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """The old version's files."""
    known = subprocess.run(["git", "cat-file", "-e", OLD_VERSION], cwd=ROOT, capture_output=True, check=False)
    if known.returncode:
        pytest.skip("needs the old version in the history of this clone")
    folder = tmp_path_factory.mktemp("old")
    archive = subprocess.run(["git", "archive", OLD_VERSION], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
    return folder


def at(folder, command):
    """A command that runs in a folder; Python and Celery import that folder's packages."""
    return ["env", "-C", folder, *command]


def python(env, version, script):
    """The lines that a script prints in the Django of a version."""
    command = at(version, [BIN / "python", "manage.py", "shell", "--no-imports", "-c", script])
    done = subprocess.run(command, env=os.environ | env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()


@contextmanager
def grading_system(folder, *, server, grader, exercises):
    """Run the records worker of one version and the grading worker of another, and grade a right and a wrong answer.

    Yields the environment of the system.
    """
    with database(folder) as url, redis(folder) as redis_url:
        env = base_settings(folder, url) | {
            "REDIS_URL": redis_url,
            "CHAINRULE_EXERCISES": str(exercises),
            "CHAINRULE_SANDBOX": "bubblewrap",
        }
        for words in (("migrate", "--verbosity", "0"), ("demo",)):
            manage(env, server, *words)
        with (
            running("the records worker", at(server, records_command()), log=folder / "records.log", env=env),
            running("the grading worker", at(grader, grader_command()), log=folder / "grading.log", env=env) as worker,
        ):
            grade(env, server, folder=exercises / "gradients" / "jacobian_products", worker=worker, log=folder)
            yield env


def manage(env, version, *words):
    subprocess.run(at(version, [BIN / "python", "manage.py", *words]), env=os.environ | env, check=True)


def grade(env, server, *, folder, worker, log):
    """Submit a right and a wrong answer, and wait for both scores."""
    paths = [str(folder / "solution.py"), str(sorted((folder / "mistakes").glob("*.py"))[0])]
    python(env, server, SUBMIT.format(paths=paths, slug=SLUG))

    def graded():
        return not any(state in line for line in python(env, server, STATES) for state in ("queued", "running"))

    wait_until(graded, name="both scores", process=worker, log=log / "grading.log", seconds=300)
    right, wrong = (json.loads(line) for line in python(env, server, STATES))
    assert right == ["graded", 10, 10, 1]
    assert wrong[0] == "graded"
    assert wrong[1] < wrong[2]


def test_an_old_grader_works_for_a_new_server(old, tmp_path):
    with grading_system(tmp_path, server=ROOT, grader=old, exercises=old / "exercises") as env:
        assert python(env, ROOT, PAGES) == ["200 False", "200 True"]


def test_a_new_grader_works_for_an_old_server(old, tmp_path):
    with grading_system(tmp_path, server=old, grader=ROOT, exercises=old / "exercises") as env:
        manage(env, ROOT, "migrate")
        assert python(env, ROOT, PAGES) == ["200 False", "200 True"]
