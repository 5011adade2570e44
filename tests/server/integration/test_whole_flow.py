"""A submission through the real queue, a real grading worker and the real records worker."""

import json

import pytest

pytestmark = pytest.mark.slow

SUBMIT = """
from server.demo.samples import submit_samples
from server.submissions.models import Submission
(submission,) = submit_samples(["gradients/sum-of-matrix"])
print(submission.pk)
"""
SHOW = """
import json
from server.submissions.models import Submission
submission = Submission.objects.get(pk="{}")
print(json.dumps([submission.state, submission.given, submission.max, submission.tries, submission.report is not None]))
"""
FORGE = """
from server.celery import app
from server.submissions.models import Submission
submission = Submission.objects.get(pk="{}")
forged = {{"submission": str(submission.pk), "token": "forged", "report": submission.report or {{}}}}
app.send_task("submissions.record", args=[forged], queue="records")
app.send_task("submissions.record_failure", args=["x"], kwargs={{"submission": forged["submission"],
    "token": submission.token}}, queue="records")
"""


def python(system, script):
    done = system.manage("shell", "--no-imports", "-c", script)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


def show(system, submission):
    return json.loads(python(system, SHOW.format(submission)))


def test_the_demo_samples_get_full_marks(idle):
    with idle.grader():
        done = idle.manage("grade_samples", "gradients/sum-of-matrix", "derivatives/sin")

    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(line.split(":")[0] for line in done.stdout.splitlines() if "10/10" in line) == [
        "derivatives/sin",
        "gradients/sum-of-matrix",
    ]


def test_a_submission_waits_until_a_grader_starts(idle):
    submission = python(idle, SUBMIT)
    assert show(idle, submission)[:2] == ["queued", None]

    with idle.grader():
        assert idle.manage("grade_samples", "gradients/sum-of-matrix").returncode == 0

    assert show(idle, submission) == ["graded", 10, 10, 1, True]


def test_a_forged_report_and_a_late_failure_change_nothing(idle):
    submission = python(idle, SUBMIT)
    with idle.grader():
        assert idle.manage("grade_samples", "gradients/sum-of-matrix").returncode == 0
        python(idle, FORGE.format(submission))
        assert idle.manage("grade_samples", "gradients/sum-of-matrix").returncode == 0

    assert show(idle, submission) == ["graded", 10, 10, 1, True]


def test_without_a_grader_the_samples_time_out(idle):
    done = idle.manage("grade_samples", "gradients/sum-of-matrix", "--timeout", "0.5")

    assert done.returncode == 1
    assert "Is a grader running?" in done.stderr


def test_an_exercise_outside_the_course_is_an_error(idle):
    done = idle.manage("grade_samples", "gradients/nonsense")

    assert done.returncode == 1
    assert "manage.py demo" in done.stderr
