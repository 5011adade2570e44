import pytest

from grader.errors import PackageError, UnknownExercise
from grader.packages.catalogue import find_package
from tests.support.reports import make_package


def test_the_digest_changes_with_any_file(exercises):
    folder = make_package(exercises)
    before = find_package("unit/slope").digest
    (folder / "statement.md").write_text("Another statement.")

    assert find_package("unit/slope").digest != before


def test_a_manifest_that_disappeared_is_named(exercises):
    folder = make_package(exercises)
    package = find_package("unit/slope")
    (folder / "exercise.toml").unlink()

    with pytest.raises(PackageError, match=r"exercise\.toml: the file is missing"):
        _ = package.manifest


def test_the_digest_does_not_change_with_compiled_files(exercises):
    folder = make_package(exercises)
    before = find_package("unit/slope").digest
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "checks.pyc").write_bytes(b"x")

    assert find_package("unit/slope").digest == before


def test_moving_text_between_files_changes_the_digest(exercises):
    folder = make_package(exercises, starter="ab", solution="c")
    before = find_package("unit/slope").digest
    (folder / "starter.py").write_text("a")
    (folder / "solution.py").write_text("bc")

    assert find_package("unit/slope").digest != before


@pytest.mark.parametrize("slug", ["unit/my_slope", "exercises/unit/my_slope/", "unit/my-slop"])
def test_a_nearly_right_slug_gets_a_suggestion(slug, exercises):
    make_package(exercises, "unit/my-slope")
    make_package(exercises, "other/thing")

    with pytest.raises(UnknownExercise, match=r"Did you mean unit/my-slope\?"):
        find_package(slug)


def test_an_unknown_slug_gets_the_list(exercises):
    make_package(exercises, "unit/my-slope")

    with pytest.raises(UnknownExercise, match=r"There are: unit/my-slope\."):
        find_package("no/such")
