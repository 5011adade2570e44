"""`make release`, in a real git repository."""

import re
import subprocess
from datetime import date

import pytest

from deploy.dev import passed, release
from deploy.dev.base import ROOT, SetupError
from grader import VERSION

TODAY = date(2026, 12, 1)
BEFORE = """# Changelog

What people can see.

## Unreleased

### Points

- Points are whole.

## [0.1.0] - 2026-11-01

- The first.
"""
AFTER = BEFORE.replace("## Unreleased\n", "## Unreleased\n\n## [0.2.0] - 2026-12-01\n")


class Repository:
    """A git repository with a changelog and a version, whose content has passed."""

    def __init__(self, root):
        self.root, self.note = root, root.parent / "passed"
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "A")
        self.git("config", "user.email", "a@example.org")
        (root / "grader").mkdir()
        self.commit({"CHANGELOG.md": BEFORE, "grader/__init__.py": '"""The grader."""\n\nVERSION = "0.1.0+dev"\n'})
        self.git("tag", "v0.1.0")
        self.passes()

    def git(self, *words):
        done = subprocess.run(["git", *words], cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, files):
        for name, text in files.items():
            (self.root / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", "Change files")

    def passes(self):
        passed.note_passed(passed.committed_tree(self.root), self.root, self.note)

    def release(self, version="0.2.0"):
        release.release(version, today=TODAY, root=self.root, passed=self.note)

    def state(self):
        return self.git("rev-parse", "HEAD"), self.git("status", "--porcelain"), self.git("tag")


@pytest.fixture
def repository(tmp_path):
    (tmp_path / "repository").mkdir()
    return Repository(tmp_path / "repository")


def test_a_release_is_a_section_a_commit_and_a_tag(repository):
    repository.release()

    assert repository.git("show", "v0.2.0:CHANGELOG.md") == AFTER.strip()
    assert repository.git("show", "v0.2.0:grader/__init__.py").endswith('VERSION = "0.2.0"')
    assert repository.git("log", "--format=%s", "-3").splitlines() == [
        "Begin after 0.2.0", "Release 0.2.0", "Change files",
    ]  # fmt: skip
    assert repository.git("show", "HEAD:grader/__init__.py").endswith('VERSION = "0.2.0+dev"')
    assert repository.state()[1:] == ("", "v0.1.0\nv0.2.0")


def test_the_tag_holds_the_notes_with_their_headings(repository):
    repository.release()

    notes = repository.git("tag", "--list", "--format=%(contents)", "v0.2.0")
    assert notes == "Chainrule 0.2.0\n\n### Points\n\n- Points are whole."


def test_what_was_released_cannot_be_released_twice(repository):
    repository.release()
    repository.passes()

    with pytest.raises(SetupError, match="nothing stands under"):
        repository.release("0.3.0")


def edit_a_file(repository):
    (repository.root / "CHANGELOG.md").write_text(BEFORE + "- More.\n")


def add_a_file(repository):
    (repository.root / "new.py").write_text("")


def commit_again(repository):
    repository.commit({"grader/new.py": ""})


def switch_branch(repository):
    repository.git("switch", "--quiet", "--create", "mine")


def empty_the_changelog(repository):
    repository.commit({"CHANGELOG.md": BEFORE.replace("### Points\n\n- Points are whole.\n", "")})
    repository.passes()


def forget_to_pass(repository):
    repository.note.unlink()


def nothing(repository):
    pass


@pytest.mark.parametrize(
    ("begin", "version", "sentence"),
    [
        (nothing, "", "say which version: make release VERSION="),
        (nothing, "v0.2.0", "three numbers, not 'v0.2.0'"),
        (nothing, "0.1.0", "0.1.0 is not newer than the last release, 0.1.0"),
        (nothing, "0.0.10", "0.0.10 is not newer than the last release, 0.1.0"),
        (edit_a_file, "0.2.0", "some files are not committed"),
        (add_a_file, "0.2.0", "some files are not committed"),
        (commit_again, "0.2.0", "`make test` has not passed on this commit"),
        (forget_to_pass, "0.2.0", "`make test` has not passed on this commit"),
        (switch_branch, "0.2.0", "releases are made on main; this is mine: git switch main"),
        (empty_the_changelog, "0.2.0", "nothing stands under"),
    ],
)
def test_a_release_that_is_not_possible_changes_nothing(repository, begin, version, sentence):
    begin(repository)
    before = repository.state()

    with pytest.raises(SetupError, match=re.escape(sentence)):
        repository.release(version)

    assert repository.state() == before


def test_a_commit_that_a_hook_refuses_changes_nothing(repository):
    # The second commit is refused, when the first one and the tag exist already.
    hook = repository.root / ".git" / "hooks" / "commit-msg"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text('#!/bin/sh\necho "not today" >&2\n! grep -q Begin "$1"\n')
    hook.chmod(0o755)
    before = repository.state()

    with pytest.raises(SetupError, match="git commit failed: not today"):
        repository.release()

    assert repository.state() == before


def test_only_a_whole_run_of_what_is_committed_counts(repository):
    tree = passed.committed_tree(repository.root)
    repository.note.unlink()
    edit_a_file(repository)

    passed.note_passed(tree, repository.root, repository.note)
    assert passed.committed_tree(repository.root) is None
    assert not repository.note.exists()


def test_the_version_is_in_one_place():
    number = re.match(r"[\d.]+", VERSION)[0]
    command = ["git", "grep", "--word-regexp", "-l", "-F", f'"{number}']
    found = subprocess.run(
        [*command, "--", "*.py", "*.toml", "*.yaml"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert [path for path in found.stdout.split() if not path.startswith("tests/")] == ["grader/__init__.py"]


def test_the_changelog_can_be_released():
    changelog = (
        (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").replace("## Unreleased\n", "## Unreleased\n\n- More.\n")
    )
    released = release.with_section(changelog, "9.9.9", TODAY)

    assert release.notes_of(changelog).startswith("- More.")
    with pytest.raises(SetupError, match="nothing stands"):
        release.notes_of(released)
