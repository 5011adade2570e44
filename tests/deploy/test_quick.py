"""`make quick` runs the tests that belong to what changed."""

import subprocess
from pathlib import Path

import pytest

from deploy.dev import affected, quick
from deploy.dev.base import SetupError

FILES = {
    "tests/server/api/test_tokens.py": "",
    "tests/server/test_other.py": "from server.api import tokens\nimport os\n",
    "tests/server/test_third.py": "from server.api.tokens import make, drop\nimport os, re\n",
    "tests/deploy/test_redis.py": 'ACL = ROOT / "deploy" / "redis" / "users.acl"\n',
    "tests/deploy/test_broken.py": "def (",
    "tests/deploy/conftest.py": "",
}


@pytest.fixture
def tree(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "tests"),
    [
        (
            "server/api/tokens.py",
            ["tests/server/api/test_tokens.py", "tests/server/test_other.py", "tests/server/test_third.py"],
        ),
        ("server/api/__init__.py", ["tests/server/test_other.py"]),
        ("tests/server/test_third.py", ["tests/server/test_third.py"]),
        ("tests/deploy/conftest.py", ["tests/deploy/test_broken.py", "tests/deploy/test_redis.py"]),
        ("deploy/redis/users.acl", ["tests/deploy/test_redis.py"]),
        ("deploy/lms/users.acl", []),
        ("server/api/other.py", []),
    ],
)
def test_a_file_has_its_tests_closest_first(tree, changed, tests):
    assert affected.affected_tests([Path(changed)], tree) == [Path(name) for name in tests]


def test_a_test_of_two_changed_files_runs_once(tree):
    changed = [Path("server/api/tokens.py"), Path("tests/server/test_other.py")]

    found = affected.affected_tests(changed, tree)

    assert found[0] == Path("tests/server/test_other.py")
    assert len(found) == len(set(found)) == 3


@pytest.fixture
def repository(tmp_path, monkeypatch):
    def git(*words):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-b", "main")
    for name in ("same.py", "old.py", "gone.py"):
        (tmp_path / name).write_text(name)
    git("add", ".")
    git("commit", "-m", "one")
    monkeypatch.setattr(quick, "ROOT", tmp_path)
    monkeypatch.delenv("BASE", raising=False)
    return tmp_path, git


def test_changed_files_are_committed_edited_and_new_ones(repository):
    root, git = repository
    git("checkout", "-b", "work")
    (root / "committed.py").write_text("1")
    git("add", ".")
    git("commit", "-m", "two")
    (root / "old.py").write_text("edited")
    (root / "new.py").write_text("1")
    (root / "gone.py").unlink()

    assert quick.changed_files() == [Path("committed.py"), Path("new.py"), Path("old.py")]


def test_base_names_another_commit(repository, monkeypatch):
    root, git = repository
    (root / "old.py").write_text("edited")
    git("commit", "-a", "-m", "two")

    assert quick.changed_files() == []
    monkeypatch.setenv("BASE", "HEAD~1")
    assert quick.changed_files() == [Path("old.py")]


def test_a_run_without_tests_is_reported(capsys):
    quick.run_tests([])

    assert "no test belongs to what changed" in capsys.readouterr().out


def test_tests_beyond_the_limit_are_named(monkeypatch, capsys):
    commands = []
    monkeypatch.setattr(quick, "MOST_FILES", 1)
    monkeypatch.setattr(
        quick.subprocess,
        "run",
        lambda command, **_: commands.append(command) or subprocess.CompletedProcess(command, 0),
    )

    quick.run_tests([Path("tests/test_a.py"), Path("tests/test_b.py")])

    assert commands[0][-1] == Path("tests/test_a.py")
    assert "not run, as too many tests belong to this change: tests/test_b.py" in capsys.readouterr().out


def test_a_failing_test_fails_the_command(monkeypatch):
    monkeypatch.setattr(quick.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1))

    with pytest.raises(SetupError, match="pytest exited with 1"):
        quick.run_tests([Path("tests/test_a.py")])
