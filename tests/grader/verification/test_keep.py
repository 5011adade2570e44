"""What wrong answers get is written into mistakes.toml, and then the package verifies."""

import tomllib

from grader.verification.keep import keep
from grader.verification.package import verify
from tests.support.reports import make_package


def test_a_package_without_a_list_of_mistakes_gets_one(inline, exercises):
    folder = make_package(exercises)
    stated = tomllib.loads((folder / "mistakes.toml").read_text())
    (folder / "mistakes.toml").unlink()

    keep("unit/slope", sandbox=inline)

    written = tomllib.loads((folder / "mistakes.toml").read_text())
    for tables in (written, stated):
        for table in tables.values():
            del table["line"]
    assert written == stated
    assert verify("unit/slope", sandbox=inline).problems == []


def test_new_wrong_answers_are_added_and_removed_ones_go(inline, exercises):
    folder = make_package(exercises)
    before = (folder / "mistakes.toml").read_text()
    (folder / "mistakes" / "value.py").rename(folder / "mistakes" / "power.py")

    keep("unit/slope", sandbox=inline)

    written = (folder / "mistakes.toml").read_text()
    assert set(tomllib.loads(written)) == {*tomllib.loads(before), "power"} - {"value"}
    assert verify("unit/slope", sandbox=inline).problems == []
