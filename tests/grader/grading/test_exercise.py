"""Which version of a package a worker has, and the errors if its code is missing."""

import pytest

from grader.errors import MissingVersion, PackageError, StaleWorker
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


def test_a_version_of_a_course_comes_from_the_cache(exercises, tmp_path, monkeypatch):
    folder = make_package(exercises)
    digest = find_package("unit/slope").digest
    monkeypatch.setenv("CHAINRULE_VERSIONS", str(tmp_path))
    folder.rename(tmp_path / digest)

    exercise = load_exercise("unit/slope", digest=digest, library="course-7")

    assert (exercise.package.digest, exercise.package.library) == (digest, "course-7")
    with pytest.raises(MissingVersion) as missing:
        load_exercise("unit/slope", digest="0" * 64, library="course-7")
    assert missing.value.digest == "0" * 64


def test_code_of_a_course_never_runs_here(exercises, tmp_path, monkeypatch):
    ran = tmp_path / "ran"
    make_package(exercises, **dict.fromkeys(("checks", "reference"), f"open({str(ran)!r}, 'w')"))
    package = find_package("unit/slope")
    monkeypatch.setenv("CHAINRULE_VERSIONS", str(tmp_path))
    package.folder.rename(tmp_path / package.digest)
    exercise = load_exercise("unit/slope", digest=package.digest, library="course-7")

    for run in (lambda: exercise.checks, lambda: exercise.cases(1), lambda: exercise.package.numbers(1)):
        with pytest.raises(RuntimeError, match="author's instance only"):
            run()
    assert not ran.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[limits]\nwall_seconds = 1e9", "`limits.wall_seconds` is 1e\\+09; the most is 30"),
        ("deep = " + "[" * 50_000, "exercise.toml: not TOML"),
    ],
)
def test_a_manifest_of_a_course_takes_no_worker_for_long(exercises, tmp_path, monkeypatch, text, said):
    package = make_package(exercises)
    with (package / "exercise.toml").open("a") as manifest:
        manifest.write(f"\n{text}\n")
    digest = find_package("unit/slope").digest
    monkeypatch.setenv("CHAINRULE_VERSIONS", str(tmp_path))
    package.rename(tmp_path / digest)

    with pytest.raises(PackageError, match=said):
        _ = load_exercise("unit/slope", digest=digest, library="course-7").limits
