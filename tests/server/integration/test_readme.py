"""The README's quick start for the API, run in a shell without changes, except for the address."""

import os
import re
import subprocess

import pytest

from tests.support.system import ROOT

pytestmark = pytest.mark.slow

BLOCK = re.compile(r"^## For an LMS: the API\n.*?^```sh\n(?P<commands>.*?)^```$", re.DOTALL | re.MULTILINE)


def quick_start(system):
    commands = BLOCK.search((ROOT / "README.md").read_text(encoding="utf-8"))["commands"]
    commands = commands.replace("http://127.0.0.1:8000", system.url)
    env = os.environ | system.env
    return subprocess.run(["bash", "-c", commands], cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_the_quick_start_gets_full_marks_twice(idle):
    with idle.grader():
        # A reader of the README has a running grader; the quick start waits only ten seconds.
        assert idle.manage("grade_samples", "gradients/sum-of-matrix").returncode == 0
        done = quick_start(idle)

    assert done.returncode == 0, done.stderr
    response = done.stdout.split("\n", 1)[0]
    assert '"state":"graded"' in response.replace(": ", ":")
    assert "graded: 10 of 10 points" in done.stdout or "graded: 100 of 100 points" in done.stdout
