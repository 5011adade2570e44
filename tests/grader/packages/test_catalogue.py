from grader.packages.catalogue import find_package
from tests.grader.builders import make_package


def test_the_digest_changes_with_any_file(exercises):
    folder = make_package(exercises)
    before = find_package("unit/slope").digest
    (folder / "statement.md").write_text("Another statement.")

    assert find_package("unit/slope").digest != before


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
