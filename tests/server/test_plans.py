"""If PostgreSQL holds the submissions of many courses, the server's queries use indexes.

A small crowd, so that the planner decides as it does with a million (`python -m tests.benchmarks.million`).
"""

import json
import os
import subprocess
import sys

import pytest

from tests.support.system import ROOT

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

SMALL = ("--courses", "12", "--students", "30", "--patience", "0")


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    found = tmp_path_factory.mktemp("plans") / "measured.json"
    # A separate process, because Django keeps its database once it is set up.
    command = [sys.executable, "-m", "tests.benchmarks.million", *SMALL, "--json", str(found)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return json.loads(found.read_text())


@pytest.fixture(autouse=True)
def _needs_a_server():
    if "CHAINRULE_TEST_POSTGRES" not in os.environ:
        pytest.skip("needs the PostgreSQL at CHAINRULE_TEST_POSTGRES")


def test_nothing_reads_all_submissions(measured):
    assert {name: one["scans"] for name, one in measured["work"].items() if one["scans"]} == {}


def test_nothing_looks_at_more_submissions_than_one_course_has(measured):
    # A walk along a whole index is no better than a scan, even if the plan does not call it one.
    most = measured["of_a_course"]

    assert {name: one["rows"] for name, one in measured["work"].items() if one["rows"] > most} == {}
