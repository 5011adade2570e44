"""The command line, with the real sandbox that this machine has."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SLUG = "gradients/sum-of-matrix"
FOLDER = ROOT / "exercises/gradients/sum_of_matrix"

pytestmark = [pytest.mark.docker, pytest.mark.bubblewrap]


def grader(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "grader", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)


def report_of(*arguments: object):
    result = grader("grade", *arguments, "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("engine", ["docker", "bubblewrap"])
def test_the_solution_gets_full_marks_in_every_sandbox(engine):
    report = report_of(SLUG, FOLDER / "solution.py", "--sandbox", engine)

    assert report["score"] == {"given": 10, "max": 10}
    assert report["outcome"] == "graded"
    assert engine in report["sandbox"]


def test_bytes_that_are_not_text_are_ungradable(tmp_path):
    garbage = tmp_path / "garbage.py"
    garbage.write_bytes(bytes(range(256)))

    report = report_of(SLUG, garbage)

    assert report["outcome"] == "ungradable"
    assert "saved as UTF-8" in report["findings"][0]["message"]


def test_a_folder_is_graded_in_the_order_of_its_names():
    result = grader("grade-many", SLUG, FOLDER / "mistakes", "--json", "--seed", 1)

    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["file"] for line in lines] == sorted(path.name for path in (FOLDER / "mistakes").glob("*.py"))
    assert {line["outcome"] for line in lines} == {"graded"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("grade", "no/such", FOLDER / "solution.py"),
        ("grade", SLUG, "no-such-file.py"),
        ("grade", SLUG, FOLDER / "solution.py", "--seed", -1),
        ("grade", SLUG, FOLDER / "solution.py", "--sandbox", "none"),
        ("grade-many", SLUG, "no-such-folder"),
        ("verify", "no/such"),
        ("new", "Not A Slug"),
        ("paint",),
        (),
    ],
)
def test_bad_arguments_end_with_status_2_and_say_why(arguments):
    result = grader(*arguments)

    assert result.returncode == 2
    assert result.stderr.strip()
    assert "Traceback" not in result.stderr


def test_a_new_package_can_be_verified_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAINRULE_EXERCISES", str(tmp_path))

    assert grader("new", "unit/idea").returncode == 0
    result = grader("verify", "unit/idea", "--json")

    assert (result.returncode, json.loads(result.stdout)[0]["problems"]) == (0, [])
