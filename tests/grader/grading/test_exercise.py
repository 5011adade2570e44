"""Which version of a package a worker has, and the errors if its code is missing."""

import pytest

from grader.errors import PackageError, StaleWorker
from grader.grading.exercise import load_exercise
from grader.packages.catalogue import find_package
from tests.support.reports import make_package


def test_a_known_version_is_not_read_again(exercises):
    folder = make_package(exercises)
    digest = find_package("unit/slope").digest
    loaded = load_exercise("unit/slope", digest=digest)
    (folder / "checks.py").write_text("1 / 0")

    assert load_exercise("unit/slope", digest=digest) is loaded
    with pytest.raises(StaleWorker, match=r"this worker has"):
        load_exercise("unit/slope", digest="0" * 64)


def test_an_author_at_work_gets_what_the_disk_has_now(exercises):
    folder = make_package(exercises)
    before = load_exercise("unit/slope")
    assert load_exercise("unit/slope") is before

    (folder / "statement.md").write_text("`slope`, once more.")

    assert load_exercise("unit/slope").package.statement == "`slope`, once more."


@pytest.mark.parametrize("part", ["checks", "reference"])
def test_code_that_is_not_there_is_named(exercises, part):
    make_package(exercises, **{part: None})

    with pytest.raises(PackageError, match=rf"unit/slope: the file {part}\.py is missing"):
        getattr(load_exercise("unit/slope"), part)
