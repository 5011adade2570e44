"""`make load`: its numbers of students, and that it measures several one after another."""

import json
import subprocess
import sys

import pytest

from tests.benchmarks.load import parser
from tests.support.system import ROOT


def test_numbers_have_commas_between_them_and_count_once():
    assert parser().parse_args(["--students", "200, 500,200"]).students == [200, 500]
    assert parser().parse_args(["--students", "1"]).students == [1]
    assert parser().parse_args([]).students == [50, 200, 500]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--students", "0"], "0 is less than 1"),
        (["--students", "50,many"], "'many' is not a whole number"),
        (["--students", "50,,200"], "'' is not a whole number"),
        (["--seconds", "-3"], "-3 is less than 1"),
        (["--storm", "2.5"], "'2.5' is not a whole number"),
    ],
)
def test_wrong_numbers_are_told_clearly(arguments, told, capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(arguments)

    assert told in capsys.readouterr().err


def test_an_unknown_commit_is_told_clearly():
    done = measure("--students", "1", "--base", "no-such-commit")

    assert done.returncode == 1
    assert "git knows no commit 'no-such-commit'" in done.stderr


@pytest.mark.nightly
def test_several_numbers_and_a_storm_are_measured(tmp_path):
    load = ("--sign-in", "3", "--seconds", "30", "--storm", "3", "--backlog", "4")
    done = measure("--students", "1,3", *load, "--json", str(tmp_path / "found.json"))

    assert done.returncode == 0, done.stderr
    (found,) = json.loads((tmp_path / "found.json").read_text())["now"]
    assert found.keys() == {"1", "3"}
    for figures in found.values():
        assert figures["failed"] == 0
        assert figures["milliseconds"].keys() == {"submit to score", "page", "page in the storm", "sign in"}


def measure(*arguments):
    command = [sys.executable, "-m", "tests.benchmarks.load", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
