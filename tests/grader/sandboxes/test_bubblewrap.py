"""The errors if bubblewrap is missing or broken, or leaves out a part of the isolation."""

import sys
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.sandboxes import bubblewrap
from grader.sandboxes.bubblewrap import BubblewrapEngine, find_bwrap
from grader.sandboxes.runtimes import load_runtimes

pytestmark = pytest.mark.bubblewrap

INCOMPLETE = f"""#!{Path(sys.base_prefix).resolve()}/bin/python3 -IS
import os, sys
real, part = REAL, PART
given = sys.argv[1:]
at = next(i for i in range(len(given)) if given[i : i + len(part)] == part)
os.execv(real, [real, *given[:at], *given[at + len(part) :]])
"""


@pytest.fixture
def engine():
    return BubblewrapEngine(load_runtimes()["embedded"])


@pytest.fixture
def bwrap(tmp_path, monkeypatch):
    """A function that puts a script in the place of bubblewrap."""

    def write(text):
        path = tmp_path / "bwrap"
        path.write_text(text)
        path.chmod(0o755)
        monkeypatch.setattr(bubblewrap, "find_bwrap", lambda: path)
        return path

    return write


def test_complete_isolation_passes_the_check(engine):
    engine.check()


@pytest.mark.parametrize(
    "part", [["--remount-ro", "/"], ["--remount-ro", "/dev"], ["--perms", "1777", "--tmpfs", "/scratch"]]
)
def test_missing_isolation_fails_the_check(engine, bwrap, part):
    # It passes all arguments on to the real bubblewrap, except these.
    bwrap(INCOMPLETE.replace("REAL", repr(str(find_bwrap()))).replace("PART", repr(part)))

    with pytest.raises(
        SandboxError, match=r"bubblewrap('s sandbox is not isolated: its self-test printed 1 1| cannot make a sandbox)"
    ):
        engine.check()


def test_an_error_of_bubblewrap_is_quoted(engine, bwrap):
    bwrap("#!/bin/sh\necho 'No permissions to create new namespace' >&2\nexit 1\n")

    with pytest.raises(SandboxError, match="bubblewrap cannot make a sandbox: No permissions to create new namespace"):
        engine.check()
    with pytest.raises(SandboxError, match="has died: No permissions to create new namespace"):
        engine.start()


def test_a_bubblewrap_that_cannot_run_is_an_error(engine, bwrap):
    bwrap("#!/nowhere/sh\n")

    for attempt in (engine.check, engine.start):
        with pytest.raises(SandboxError, match=r"bubblewrap cannot be started: .*No such file"):
            attempt()


def test_a_bubblewrap_that_hangs_is_an_error(engine, bwrap, monkeypatch):
    bwrap("#!/bin/sh\necho 'still waiting' >&2\nexec sleep 600\n")
    monkeypatch.setattr(bubblewrap, "_START_SECONDS", 0.5)

    with pytest.raises(SandboxError, match=r"bubblewrap cannot be started: .*timed out after 0\.5 seconds"):
        engine.check()
    with pytest.raises(SandboxError, match=r"not ready after 0\.5 seconds: still waiting"):
        engine.start()


def test_the_systems_bubblewrap_is_preferred_to_the_wheels(tmp_path, monkeypatch):
    access = bubblewrap.os.access
    monkeypatch.setattr(bubblewrap.os, "access", lambda path, mode: path != "/usr/bin/bwrap" and access(path, mode))
    system_bwrap = tmp_path / "bwrap"
    system_bwrap.write_text("#!/bin/sh\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_bwrap() == Path(bubblewrap._bundled_bwrap())

    system_bwrap.chmod(0o755)
    assert find_bwrap() == system_bwrap


def test_a_missing_bubblewrap_is_an_error(monkeypatch):
    monkeypatch.setattr(bubblewrap.os, "access", lambda path, mode: False)

    with pytest.raises(SandboxError, match="bubblewrap is not installed"):
        find_bwrap()
