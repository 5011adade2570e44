"""What a child of an author's instance gets of a version."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from grader.errors import PackageError
from grader.grading import author_messages as messages
from grader.grading import sandboxed_author as owned
from grader.grading.exercise import Exercise
from grader.grading.packed_version import PackedVersion, compile_files, packed_version, read_compiled
from grader.harness.wire.values import WireError
from grader.packages.catalogue import Package
from tests.support.reports import make_package

FAILING = """
def cases(seed):
    return []

truth = witness = cases

def near_misses(case):
    raise LookupError("not here")
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAINRULE_EXERCISES", str(tmp_path))
    return Package("unit/slope", make_package(tmp_path), "course-1")


def compiled(package, folder) -> PackedVersion:
    """The version with the compiled code of a copy in another folder."""
    version = packed_version(package)
    version.write(folder)
    return replace(version, compiled=dict(zip(*compile_files(folder), strict=True)))


def test_a_version_arrives_as_it_was_sent(package, tmp_path):
    version = compiled(package, tmp_path / "a")

    assert PackedVersion.read(version.pack()) == version
    assert version.documents.manifest == package.manifest
    assert dict(version.compiled).keys() == {"reference.py", "checks.py"}


def test_the_compiled_code_is_used_and_names_its_new_place(package, tmp_path):
    (package.folder / "reference.py").write_text(FAILING)
    version = compiled(package, tmp_path / "a")
    other = tmp_path / "b" / "package"
    replace(version, files=dict(version.files) | {"reference.py": b"raise RuntimeError"}).write(other)
    exercise = Exercise(Package("unit/slope", other))

    assert exercise.cases(1) == []
    with pytest.raises(LookupError, match="not here") as raised:
        exercise.near_misses(None)
    assert Path(raised.traceback[-1].path) == other / "reference.py"


def test_broken_files_are_left_to_the_child(package, tmp_path):
    (package.folder / "reference.py").write_text("def (:\n")
    manifest = package.folder / "exercise.toml"
    manifest.write_text(manifest.read_text() + "\n[tolerance]\nrtol = inf\n")
    version = compiled(package, tmp_path / "a")

    assert version.documents is None
    assert dict(version.compiled).keys() == {"checks.py"}


@pytest.mark.parametrize("paths", [["../reference.py"], ["reference.py", "checks.py"], "reference.py", None])
def test_compiled_code_of_other_files_is_refused(paths):
    with pytest.raises(WireError):
        read_compiled({"compiled": paths}, [b""])


class Compiling:
    """An author's sandbox that answers each question with `reply`, and notes what its children got."""

    def __init__(self, reply):
        self.reply, self.got, self.asked = reply, [], []

    def ask(self, package, **_):
        self.got.append(package)
        return self

    def __enter__(self):
        return SimpleNamespace(ask=lambda question: self.asked.append(question) or self.reply)

    def __exit__(self, *_):
        return None


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(owned, "_kept", type(owned._kept)())


def use(package, sandbox):
    with owned.sandboxed_author(Exercise(package), sandbox, source="x = 1 + learner"):
        return PackedVersion.read(sandbox.got[-1].files)


def test_each_library_compiles_once_and_shows_no_learner(package):
    sandbox = Compiling(messages.join({"compiled": ["checks.py"]}, [b"code"]))

    first, again = use(package, sandbox), use(package, sandbox)
    other = use(replace(package, library="course-2"), sandbox)

    assert first == again == other
    assert dict(first.compiled) == {"checks.py": b"code"}
    assert ["learner" in sent.facts["source"] for sent in sandbox.got] == [False, True, True, False, True]
    assert len(sandbox.asked) == 2


def test_a_version_is_used_if_it_cannot_be_compiled(package):
    sandbox = Compiling(messages.pack_error("it does not compile", "checks.py", 1))

    assert not use(package, sandbox).compiled
    with pytest.raises(PackageError), owned.sandboxed_author(Exercise(package), sandbox) as author:
        author.checks()
