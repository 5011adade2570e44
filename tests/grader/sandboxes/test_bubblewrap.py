"""What is said where bubblewrap is missing, broken, or builds less than it was asked for."""

import sys
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.sandboxes import bubblewrap
from grader.sandboxes.bubblewrap import BubblewrapEngine, find_bwrap
from grader.sandboxes.runtimes import load_runtimes

pytestmark = pytest.mark.bubblewrap

FORGETFUL = f"""#!{Path(sys.base_prefix).resolve()}/bin/python3 -IS
import os, sys
real, wall = REAL, WALL
given = sys.argv[1:]
at = next(i for i in range(len(given)) if given[i : i + len(wall)] == wall)
os.execv(real, [real, *given[:at], *given[at + len(wall) :]])
"""


@pytest.fixture
def engine():
    return BubblewrapEngine(load_runtimes()["embedded"])


@pytest.fixture
def bwrap(tmp_path, monkeypatch):
    """Have a program of this text be bubblewrap."""

    def write(text):
        path = tmp_path / "bwrap"
        path.write_text(text)
        path.chmod(0o755)
        monkeypatch.setattr(bubblewrap, "find_bwrap", lambda: path)
        return path

    return write


def test_one_that_builds_all_walls_is_taken(engine):
    engine.check()


@pytest.mark.parametrize(
    "wall", [["--remount-ro", "/"], ["--remount-ro", "/dev"], ["--perms", "1777", "--tmpfs", "/scratch"]]
)
def test_one_that_leaves_out_a_wall_is_not_trusted(engine, bwrap, wall):
    # It passes everything on to the real one but this wall, options and all.
    bwrap(FORGETFUL.replace("REAL", repr(str(find_bwrap()))).replace("WALL", repr(wall)))

    with pytest.raises(SandboxError, match=r"bubblewrap (makes sandboxes that do not hold: 1 1|cannot make a sandbox)"):
        engine.check()


def test_one_that_may_not_make_namespaces_is_told_in_its_own_words(engine, bwrap):
    bwrap("#!/bin/sh\necho 'No permissions to create new namespace' >&2\nexit 1\n")

    with pytest.raises(SandboxError, match="bubblewrap cannot make a sandbox: No permissions to create new namespace"):
        engine.check()
    with pytest.raises(SandboxError, match="has gone: No permissions to create new namespace"):
        engine.start()


def test_one_that_cannot_be_run_at_all_is_told_of(engine, bwrap):
    bwrap("#!/nowhere/sh\n")

    for attempt in (engine.check, engine.start):
        with pytest.raises(SandboxError, match=r"bubblewrap cannot be started: .*No such file"):
            attempt()


def test_one_that_never_answers_is_given_up(engine, bwrap, monkeypatch):
    bwrap("#!/bin/sh\necho 'still thinking' >&2\nexec sleep 600\n")
    monkeypatch.setattr(bubblewrap, "_START_SECONDS", 0.5)

    with pytest.raises(SandboxError, match=r"bubblewrap cannot be started: .*timed out after 0\.5 seconds"):
        engine.check()
    with pytest.raises(SandboxError, match=r"not ready after 0\.5 seconds: still thinking"):
        engine.start()


def test_the_machines_own_goes_before_the_wheels(tmp_path, monkeypatch):
    access = bubblewrap.os.access
    monkeypatch.setattr(bubblewrap.os, "access", lambda path, mode: path != "/usr/bin/bwrap" and access(path, mode))
    on_the_path = tmp_path / "bwrap"
    on_the_path.write_text("#!/bin/sh\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_bwrap() == Path(bubblewrap._of_the_wheel())

    on_the_path.chmod(0o755)
    assert find_bwrap() == on_the_path


def test_a_machine_without_any_is_told_so(monkeypatch):
    monkeypatch.setattr(bubblewrap.os, "access", lambda path, mode: False)

    with pytest.raises(SandboxError, match="bubblewrap is not installed"):
        find_bwrap()
