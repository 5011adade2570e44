"""No sandbox: a developer's tool with a debugger, on the command line only."""

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from grader import __main__ as command_line
from grader.errors import NoSandbox, PackageError, SandboxError
from grader.sandboxes.runtimes import load_runtimes
from grader.sandboxes.select import open_sandbox

ROOT = Path(__file__).parents[3]
SLUG = "gradients/sum-of-matrix"
SOLUTION = (ROOT / "exercises/gradients/sum_of_matrix/solution.py").read_text()


BROKEN = (
    SOLUTION
    + """
def gradient_of_sum(x):
    count = x.numel() + 1000
    return x.missing
"""
)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Grade a source on the command line, and type this into its standard input; return the exit status."""

    def graded(source, *options, typed=""):
        answer = tmp_path / "answer.py"
        answer.write_text(source)
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        return command_line.main(["grade", SLUG, str(answer), "--seed", "1", *options])

    return graded


def test_a_solution_is_graded_with_a_loud_warning(run, capsys):
    assert run(SOLUTION, "--sandbox", "none", "--json") == 0

    shown = capsys.readouterr()
    report = json.loads(shown.out)
    assert (report["score"], report["sandbox"]) == ({"given": 10, "max": 10}, "none")
    assert shown.err.startswith("WARNING: --sandbox none runs this code without any walls")


def test_a_breakpoint_opens_pdb_at_its_line(run, capsys):
    source = SOLUTION + "\nanswer = 6 * 7\nbreakpoint()\nlast = answer\n"

    assert run(source, "--sandbox", "none", "--pdb", typed="p answer + 1000\nl\nc\n") == 0

    shown = capsys.readouterr().out
    assert "1042" in shown
    assert "answer = 6 * 7" in shown
    assert "10 of 10 points" in shown


def test_an_exception_opens_pdb_at_its_line(run, capsys):
    assert run(BROKEN, "--sandbox", "none", "--pdb", typed="p count > 1000\nw\nq\n") == 0

    shown = capsys.readouterr()
    assert "AttributeError" in shown.err
    assert "True" in shown.out
    assert "-> return x.missing" in shown.out
    assert "of 10 points" in shown.out


def test_quitting_the_debugger_ends_the_command(run, capsys):
    assert run("breakpoint()\n" + SOLUTION, "--sandbox", "none", "--pdb", typed="q\n") == 1
    assert "nothing was graded" in capsys.readouterr().err


@pytest.mark.slow
def test_pdb_answers_on_a_terminal(tmp_path):
    answer = tmp_path / "answer.py"
    answer.write_text("secret = 2021\nbreakpoint()\n" + SOLUTION)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "grader", "grade", SLUG, str(answer), "--sandbox", "none", "--pdb"]
    with subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        screen = read_until(ours, "(Pdb) ")
        os.write(ours, b"p secret + 1\n")
        screen += read_until(ours, "(Pdb) ")
        os.write(ours, b"c\n")
        screen += read_until(ours, "of 10 points")
        process.wait(60)
    os.close(ours)

    assert "2022" in screen
    assert process.returncode == 0


def read_until(descriptor, text):
    seen = ""
    while text not in seen:
        seen += os.read(descriptor, 4096).decode(errors="replace")
    return seen


def test_pdb_without_the_right_sandbox_says_what_to_do(run, capsys):
    assert run(SOLUTION, "--pdb") == 2
    assert "add --sandbox none" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["verify"], ["grade-many", SLUG, "."], ["probe"]])
def test_other_commands_refuse_to_run_without_walls(command, capsys):
    with pytest.raises(SystemExit) as ended:
        command_line.main([*command, "--sandbox", "none"])

    assert ended.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_no_worker_runs_without_walls(monkeypatch):
    monkeypatch.setenv("CHAINRULE_SANDBOX", "none")

    with pytest.raises(NoSandbox, match="none"):
        open_sandbox("cpu", "none")
    assert command_line.main(["probe"]) == 3


def test_no_runtime_is_without_walls(monkeypatch, tmp_path):
    path = tmp_path / "runtimes.toml"
    text = (ROOT / "deploy/runtimes.toml").read_text().replace('engine = "docker"', 'engine = "none"')
    path.write_text(text)
    monkeypatch.setenv("CHAINRULE_RUNTIMES", str(path))

    with pytest.raises((PackageError, SandboxError, ValueError), match="engine"):
        load_runtimes()
