"""A grading worker without sandboxes, for measurements of the queue: it sleeps, and then reports full points.

    celery -A tests.benchmarks.sleeping_grader worker -Q grading.cpu,regrading.cpu

It sleeps as long as the submission says in a line `# seconds: 8`.
"""

import re
import time

from grader.protocol.jobs import Job
from grader.protocol.reports import Finding, Outcome, Report, Status
from grader.worker.celery import app

USUAL_SECONDS = 0.15

# Not the real tasks: these import torch and start sandboxes.
app.conf.include = ()


@app.task(name="grader.grade", shared=False)
def grade(job):
    """Sleep, and return what the real task returns."""
    job = Job.from_dict(job)
    asked = re.search(r"^# seconds: ([\d.]+)$", job.source, re.MULTILINE)
    time.sleep(float(asked[1]) if asked else USUAL_SECONDS)
    finding = Finding(check="runs", title="It runs", status=Status.PASSED, points=10.0, max_points=10.0)
    report = Report(slug=job.exercise, digest="", outcome=Outcome.GRADED, findings=[finding], seconds=0.1)
    return {"submission": job.submission, "token": job.token, "report": report.to_dict()}
