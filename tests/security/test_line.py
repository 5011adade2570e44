"""The search for the line of a mistake runs learners' code again: what that code claims or does there gains nothing."""

import time

import pytest

from grader.grading.fault_line import MAX_SECONDS, find_line
from grader.grading.pipeline import grade
from grader.protocol.jobs import Job
from tests.support.arena import EXERCISE, FULL_POINTS, SOLUTION, graded

pytestmark = pytest.mark.slow

WRONG = """
import torch

def sin_derivatives(x):
    return torch.zeros_like(x), torch.zeros_like(x)

def derivatives_of(f, x):
    return torch.zeros_like(x), torch.zeros_like(x)
"""

# Patches what notes the lines: the child's tracer, and the message in which it sends them.
CLAIMS = """
import sys
tracing = sys.modules["grader.harness.child.tracing"]
"""

HOSTILE = {
    "floods the lines": 'tracing.Tracer.stop = lambda self: {"lines": list(range(1, 10**6)), "cuts": [], "writes": []}',
    "claims a line that is not there": """
tracing.Tracer.stop = lambda self: {name: [999_999] for name in ("lines", "cuts", "writes")}
""",
    "claims a line beyond all": """
tracing.Tracer.stop = lambda self: {name: [10**9] for name in ("lines", "cuts", "writes")}
""",
    "claims lines before the first": """
tracing.Tracer.stop = lambda self: {name: [-1, 0] for name in ("lines", "cuts", "writes")}
""",
    "claims text for lines": """
tracing.Tracer.stop = lambda self: {name: ["solution.py:3"] for name in ("lines", "cuts", "writes")}
""",
    "claims more than lines": """
tracing.Tracer.stop = lambda self: {"lines": [1], "cuts": [], "writes": [], "file": ["/etc/passwd"]}
""",
    "offers endless repairs": """
frame = sys._getframe()
while "document" not in frame.f_locals and frame.f_back:
    frame = frame.f_back
while "outline" not in frame.f_locals:
    frame = frame.f_back
outline = frame.f_locals["outline"]
if outline:
    outline["repairs"] = [[1, "uncut"]] * 10**6
""",
    "offers repairs that are not there": """
frame = sys._getframe()
while "outline" not in frame.f_locals:
    frame = frame.f_back
if frame.f_locals["outline"]:
    frame.f_locals["outline"]["repairs"] = [[5, "uncut"]] * 1000
""",
    "never ends when it is traced": """
while sys.gettrace() or "outline" in sys._getframe(2).f_locals and sys._getframe(2).f_locals["outline"]:
    pass
""",
    "ends its process when it is traced": """
import os
if sys._getframe(4).f_locals.get("outline"):
    os._exit(0)
""",
}


def line_of(source, sandbox):
    job = Job(submission="hostile", token="t", exercise=EXERCISE, digest="", source=source, seed=20260731)
    report = grade(job, sandbox=sandbox)
    before = report.to_dict()
    start = time.monotonic()
    line = find_line(job, report, sandbox=sandbox)
    assert report.to_dict() == before
    # Each run has a limit of its own; a sandbox that must be replaced takes seconds.
    assert time.monotonic() - start < 10 * MAX_SECONDS
    return line


@pytest.mark.parametrize("name", HOSTILE)
def test_no_claim_names_a_line_that_is_not_there(sandbox, name):
    source = WRONG + CLAIMS + HOSTILE[name]

    line = line_of(source, sandbox)

    assert line is None or 1 <= line <= source.count("\n") + 1
    assert graded(SOLUTION, sandbox).points == FULL_POINTS


def test_what_the_search_prints_is_not_kept(sandbox, capfd):
    source = WRONG + "\nprint('loaded', flush=True)\n"
    report = graded(source, sandbox)

    line_of(source, sandbox)

    assert report.output == "loaded\n"
    assert "loaded" not in capfd.readouterr().out


def test_a_right_answer_is_not_run_again(sandbox, monkeypatch):
    report = graded(SOLUTION, sandbox)
    job = Job(submission="right", token="t", exercise=EXERCISE, digest="", source=SOLUTION, seed=20260731)
    monkeypatch.setattr(sandbox, "open", None)

    assert find_line(job, report, sandbox=sandbox) is None
