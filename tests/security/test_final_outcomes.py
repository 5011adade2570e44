"""What a wrong submission does after its last answer, or when it is asked for a counterexample, changes nothing."""

from dataclasses import replace

import pytest

from grader.protocol.reports import Outcome
from tests.support.arena import FULL_POINTS, SOLUTION, graded

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Wait for the second sandbox also if this machine is busy."""
    monkeypatch.setattr("grader.grading.ladders._PATIENCE_SECONDS", 120.0)


WRONG = """
import torch

def sin_derivatives(x):
    return torch.zeros_like(x), torch.zeros_like(x)

def derivatives_of(f, x):
    return torch.zeros_like(x), torch.zeros_like(x)

print("loaded")
"""

# `strike` runs at every read after the first CALLS, and in a call whose input is one of the tiny cases.
HOOK = """
import json, os, sys, threading, time, torch
from types import SimpleNamespace

frames = sys.modules["grader.harness.wire.frames"]
frame = sys._getframe()
while "self" not in frame.f_locals or type(frame.f_locals["self"]).__name__ != "_CallServer":
    frame = frame.f_back
server = frame.f_locals["self"]
reads, answer = server._read, sin_derivatives

def write(kind, document):
    os.write(4, frames.frame(kind, json.dumps(document).encode()))

def read(*kinds):
    read.count += 1
    if read.count > 1:
        strike()
    return reads(*kinds)

def sin_derivatives(x):
    if x.dim() == 0 and x == 1.0:
        print("second run")
        strike()
    return answer(x)

read.count = 0
server._read = read

def strike():
"""

STRIKES = {
    "takes its loading back": """
    write(frames.FrameKind.LOADED, {"error": None, "missing": ["sin_derivatives"]})
    os._exit(0)
""",
    "says that it never loaded": """
    error = {"type": "SyntaxError", "message": "no", "line": 1, "traceback": "no"}
    write(frames.FrameKind.LOADED, {"error": error, "missing": []})
    os._exit(0)
""",
    "exits": """
    os._exit(0)
""",
    "exits with a status": """
    os._exit(7)
""",
    "raises": """
    raise SystemExit("no more")
""",
    "runs out of memory": """
    raise MemoryError
""",
    "sleeps": """
    time.sleep(60)
""",
    "kills itself": """
    os.kill(os.getpid(), 9)
""",
    "closes its pipes": """
    for fd in (3, 4, 5):
        os.close(fd)
""",
    "writes garbage": """
    os.write(4, bytes(range(256)))
    os._exit(0)
""",
    "answers again": """
    write(frames.FrameKind.PROGRESS, {"call": 0})
    write(frames.FrameKind.PROGRESS, {"loss": [[0, 1.0]]})
    os.write(4, frames.frame(frames.FrameKind.OBSERVATION, b"\\\\0\\\\0\\\\0\\\\0"))
    os._exit(0)
""",
    "prints": """
    print("printed afterwards", x if "x" in globals() else "")
    server._read = reads
""",
    "leaves a process": """
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
""",
    "grows until the sandbox dies": """
    held = []
    while True:
        held.append(bytearray(1 << 24))
""",
}

MARKER = """
import os, torch

PLACES = [f"{folder}/marker" for folder in
          (os.getcwd(), "/scratch", "/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/opt/chainrule", "/proc/self")]

def seen():
    found = [path for path in PLACES if os.path.exists(path)]
    try:
        found += [name for name in os.listdir("/scratch") if "marker" in name]
    except OSError:
        pass
    return bool(found)

before = seen()
for path in PLACES:
    try:
        open(path, "w").close()
    except OSError:
        pass

def sin_derivatives(x):
    number = 777.0 if before else 0.0
    return torch.full_like(x, number), torch.full_like(x, number)

def derivatives_of(f, x):
    return sin_derivatives(x)
"""


@pytest.fixture(scope="module")
def expected(sandbox):
    return graded(WRONG, sandbox)


@pytest.mark.parametrize("strike", STRIKES)
def test_a_late_act_changes_nothing(strike, sandbox, expected):
    report = graded(WRONG + HOOK + STRIKES[strike], sandbox)

    assert (report.outcome, report.points) == (Outcome.GRADED, expected.points)
    # What it prints after its last answer can come before the supervisor has passed on that answer.
    assert report.output.startswith(expected.output)
    assert "second run" not in report.output
    assert [replace(finding, evidence={}) for finding in report.findings] == [
        replace(finding, evidence={}) for finding in expected.findings
    ]
    assert graded(SOLUTION, sandbox).points == FULL_POINTS


def test_the_second_process_finds_nothing_of_the_first(sandbox):
    report = graded(MARKER, sandbox)

    examples = [finding.evidence.get("counterexample") for finding in report.findings]
    assert any(examples)
    assert "777" not in str(examples)


def test_code_stopped_in_its_cases_gets_a_counterexample(sandbox):
    stops = "import os\ncount = 0\n" + WRONG.replace(
        "def sin_derivatives(x):\n", "def sin_derivatives(x):\n    if x.dim() > 1:\n        os._exit(0)\n"
    )

    report = graded(stops, sandbox)

    assert report.outcome is Outcome.CRASHED
    assert any("counterexample" in finding.evidence for finding in report.findings)
