"""The command line, with the real sandbox that this machine has."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader import __main__ as command_line
from grader.verification.package import verify
from tests.support.reports import make_package

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
        ("grade", SLUG, FOLDER / "solution.py", "--sandbox", "podman"),
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


def test_what_wrong_answers_get_is_written_down(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAINRULE_EXERCISES", str(tmp_path))
    folder = make_package(tmp_path)
    before = (folder / "mistakes.toml").read_text()
    (folder / "mistakes.toml").write_text(before.replace("score = 1", "score = 3").replace("accumulated", "scaled"))

    result = grader("keep", "unit/slope")

    assert result.returncode == 0, result.stderr
    assert "twice: 1 points, fails slope_is_right (accumulated)" in result.stdout
    assert (folder / "mistakes.toml").read_text() == before


@pytest.fixture
def inside(inline, monkeypatch):
    """Run a command in this process, where what is asked is how its report reads."""
    monkeypatch.setattr(command_line, "open_sandbox", lambda **_: inline)
    return lambda *arguments: command_line.main(list(map(str, arguments)))


def test_a_report_can_be_read_as_text(inside, capsys, tmp_path):
    answer = tmp_path / "answer.py"
    answer.write_text((FOLDER / "mistakes" / "mean_instead.py").read_text() + "\nprint('loaded')\n")

    assert inside("grade", SLUG, answer, "--seed", 1) == 0

    text = capsys.readouterr().out
    assert re.match(rf"{SLUG}: [\d.]+ of 10 points \(graded, [\d.]+ s\)\n", text)
    assert re.search(r"^  ✓ .+  1/1$", text, re.MULTILINE)
    assert re.search(r"^  ✗ .+  [\d.]+/\d$", text, re.MULTILINE)
    assert re.search(r"^      Try gradient_of_sum\(.+\): yours .+, expected .+\.$", text, re.MULTILINE)
    assert text.endswith("  Your code printed:\n    loaded\n")


def test_reports_of_a_folder_are_printed_in_order(inside, capsys, tmp_path):
    for name in ("second.py", "first.py"):
        (tmp_path / name).write_text((FOLDER / "solution.py").read_text())

    assert inside("grade-many", SLUG, tmp_path) == 0

    text = capsys.readouterr().out
    assert re.findall(r"^(\S+\.py)\n.*: 10 of 10 points", text, re.MULTILINE) == ["first.py", "second.py"]
    assert not re.search("✗|Try|printed", text)


def test_a_probe_says_which_kind_of_sandbox_it_started(inside, capsys):
    assert inside("probe") == 0
    assert capsys.readouterr().out == "none\n"


def test_a_failure_of_the_grader_is_status_3(capsys, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")

    assert command_line.main(["probe", "--sandbox", "docker"]) == 3
    assert capsys.readouterr().err.startswith("NoSandbox: no sandbox for the runtime cpu can be used here.")


def test_verify_lists_problems_with_what_to_do(inside, inline, exercises, capsys, monkeypatch):
    make_package(exercises, "unit/one", checks=None)
    make_package(exercises, "unit/two")
    slugs = ["unit/one", "unit/two"]
    monkeypatch.setattr(command_line, "verify_all", lambda slugs, **_: (verify(slug, sandbox=inline) for slug in slugs))

    assert inside("verify", *slugs) == 1
    assert re.sub(r"[\d.]+ (runs|s)\b", r"N \1", capsys.readouterr().out) == (
        "✗ unit/one  (N runs, N s)\n    unit/one: the file checks.py is missing; every package needs one.\n"
        "✓ unit/two  (N runs, N s)\n"
    )
    assert inside("verify", "unit/two") == 0


def test_the_line_comes_only_if_it_is_wanted():
    mistake = FOLDER / "mistakes" / "mean_instead.py"

    assert "line" not in report_of(SLUG, mistake, "--seed", 1)
    assert report_of(SLUG, mistake, "--seed", 1, "--line").get("line") in (16, None)
    assert "line" not in report_of(SLUG, FOLDER / "solution.py", "--line")
