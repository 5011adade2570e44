"""The author's guide, followed step by step: what its ten minutes make is a package that verify passes."""

import re
from pathlib import Path

import pytest

from grader.packages.catalogue import find_package
from grader.packages.scaffold import scaffold
from grader.verify import verify
from tests.grader.inline import InlineSandbox

GUIDE = Path(__file__).parents[2] / "exercises" / "README.md"
FILE = re.compile(r"^#### `(?P<path>[^`]+)`\n+(?P<fence>`{3,})\w+\n(?P<text>.*?)^(?P=fence)$", re.DOTALL | re.MULTILINE)
SLUG = "gradients/product-rule"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("CHAINRULE_EXERCISES", str(tmp_path))
    return scaffold(SLUG)


def follow(folder: Path) -> None:
    """Put every file of the guide in its place; the id stays the one that `new` made, as the guide says."""
    own = find_package(SLUG).manifest.id
    for match in FILE.finditer(GUIDE.read_text(encoding="utf-8")):
        text = match["text"].replace("keep the one that is there", own)
        (folder / match["path"]).write_text(text, encoding="utf-8")


def test_the_ten_minutes_make_a_package_that_keeps_its_promises(folder):
    follow(folder)

    assert verify(SLUG, sandbox=InlineSandbox()).problems == []


def test_the_guide_has_four_mistakes_and_three_alternatives(folder):
    follow(folder)

    assert len(list((folder / "mistakes").glob("*.py"))) >= 4
    assert len(list((folder / "alternatives").glob("*.py"))) >= 3


def test_the_guide_names_the_folders_and_commands_that_there_are():
    text = GUIDE.read_text(encoding="utf-8")
    root = GUIDE.parents[1]

    for path in re.findall(r"`(grader/[\w/]+\.py)`", text):
        assert (root / path).is_file()
    assert set(re.findall(r"-m grader ([\w-]+)", text)) == {"new", "verify", "grade-many"}
