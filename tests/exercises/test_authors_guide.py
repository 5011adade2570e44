"""The authors' guide, followed step by step, makes a package in which `verify` finds no problem."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.packages.catalogue import find_package
from grader.packages.scaffold import scaffold
from grader.sandboxes.unconfined import UnconfinedSandbox
from grader.verification.package import verify

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "exercises" / "README.md"
FILE = re.compile(r"^#### `(?P<path>[^`]+)`\n+(?P<fence>`{3,})\w+\n(?P<text>.*?)^(?P=fence)$", re.DOTALL | re.MULTILINE)
SLUG = "gradients/product-rule"
# The exercise in its manifest's `after`.
BEFORE = "gradients/two_variables"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    shutil.copytree(GUIDE.parent / BEFORE, tmp_path / BEFORE)
    monkeypatch.setenv("CHAINRULE_EXERCISES", str(tmp_path))
    return scaffold(SLUG)


def follow(folder: Path) -> None:
    """Write every file of the guide into the folder; keep the id that `new` made, as the guide says."""
    own = find_package(SLUG).manifest.id
    for match in FILE.finditer(GUIDE.read_text(encoding="utf-8")):
        text = match["text"].replace("keep the one that is there", own)
        (folder / match["path"]).write_text(text, encoding="utf-8")


def test_the_guide_makes_a_package_that_passes_verify(folder):
    follow(folder)

    assert verify(SLUG, sandbox=UnconfinedSandbox()).problems == []


@pytest.mark.parametrize("at", ["the beginning", "the end"])
def test_the_package_passes_ruff(folder, at):
    if at == "the end":
        follow(folder)

    for path in folder.rglob("*.py"):
        place = ROOT / "exercises" / "gradients" / path.relative_to(folder.parent)
        for command in (["format", "--check"], ["check"]):
            ruff = [sys.executable, "-m", "ruff", *command, "--stdin-filename", place, "-"]
            done = subprocess.run(ruff, cwd=ROOT, input=path.read_text(), capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{path}: {done.stdout}{done.stderr}"


def test_files_and_commands_of_the_guide_exist():
    text = GUIDE.read_text(encoding="utf-8")
    for path in re.findall(r"`(grader/[\w/]+\.py)`", text):
        assert (ROOT / path).is_file()
    assert set(re.findall(r"-m grader ([\w-]+)", text)) == {"new", "verify", "grade-many", "keep"}
