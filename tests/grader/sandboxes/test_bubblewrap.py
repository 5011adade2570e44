"""The errors if bubblewrap is missing or broken, or leaves out a part of the isolation."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.sandboxes import bubblewrap
from grader.sandboxes.base import Limits
from grader.sandboxes.bubblewrap import BubblewrapEngine, find_bwrap
from grader.sandboxes.packages import site_entries
from grader.sandboxes.pool import Policy, SandboxPool
from grader.sandboxes.runtimes import load_runtimes
from tests.grader.sandboxes.test_outcomes import call, run

pytestmark = pytest.mark.bubblewrap

INCOMPLETE = f"""#!{Path(sys.base_prefix).resolve()}/bin/python3 -IS
import os, sys
real, part = REAL, PART
given = sys.argv[1:]
at = next(i for i in range(len(given)) if given[i : i + len(part)] == part)
os.execv(real, [real, *given[:at], *given[at + len(part) :]])
"""

ROOT = Path(__file__).parents[3]
PATIENT = Limits(wall_seconds=20)

# Returns every path outside the standard library, the packages and the time zones, and each that cannot be listed.
VISIBLE = """
import os

KNOWN = {os.path.dirname(os.__file__), "/usr/share/zoneinfo", "/proc"}

def f():
    found = []
    for folder in ("/usr", "/lib", "/bin", "/sbin", "/etc", "/var", "/home", "/root", "/srv", "/run", "/mnt", "/tmp"):
        for parent, folders, files in os.walk(folder):
            folders[:] = [name for name in folders if os.path.join(parent, name) not in KNOWN]
            found += [os.path.join(parent, name) for name in files]
    return found

def packages():
    stdlib = os.path.dirname(os.__file__)
    folders = [os.path.join(stdlib, name) for name in ("site-packages", "dist-packages")]
    return [name for folder in folders if os.path.isdir(folder) for name in os.listdir(folder)]
"""

IMPORTS = """
def f():
    import bz2, ctypes, decimal, hashlib, lzma, sqlite3, ssl, uuid, zlib, zoneinfo
    import matplotlib.pyplot, numpy, torch
    return [str(zoneinfo.ZoneInfo("Asia/Seoul")), hashlib.new("sha3_256", b"").hexdigest()]
"""

# Starts a sandbox and prints the packages of the interpreter's own folder that it can see.
OTHER_INTERPRETER = """
import sys
from grader.sandboxes.bubblewrap import BubblewrapEngine
from grader.sandboxes.runtimes import load_runtimes
engine = BubblewrapEngine(load_runtimes()["embedded"])
engine.check()
instance = engine.start()
print(instance.handshake["torch"])
instance.stop()
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

    with pytest.raises(SandboxError, match=r"bubblewrap cannot be started: .*No such file"):
        engine.check()
    # `sh` or `nice` starts it, and the exact words are theirs.
    with pytest.raises(SandboxError, match=r"(?i)bwrap.*(no such file|not found)"):
        engine.start()


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


@pytest.fixture(scope="module")
def sandbox():
    sandbox = SandboxPool(BubblewrapEngine(load_runtimes()["embedded"]), Policy())
    yield sandbox
    sandbox.close()


def test_a_submission_sees_libraries_of_the_machine_and_nothing_else(sandbox):
    (files, packages), _ = run(
        sandbox, VISIBLE, call(), call(entry="packages"), entries=("f", "packages"), limits=PATIENT
    )

    others = [path for path in files.value if ".so" not in path and "/C.utf8/" not in path]
    assert [path for path in others if not Path(path).name.startswith("python3")] == []
    assert len(files.value) < 100
    assert packages.value == []


def test_only_the_packages_of_a_sandbox_are_visible(sandbox):
    source = "import os\ndef f():\n    return sorted(os.listdir('/opt/chainrule/site'))\n"

    (seen,), _ = run(sandbox, source, call(), limits=PATIENT)

    assert seen.value == sorted(path.name for path in site_entries())


def test_what_python_and_torch_load_is_there(sandbox):
    imports = ("torch", "numpy", "matplotlib")
    (imported,), ending = run(sandbox, IMPORTS, call(), limits=PATIENT, imports=imports)

    assert imported.error is None, (imported.error, ending)
    assert imported.value[0] == "Asia/Seoul"


def bases():
    """This Python's own folder, and that of the system's if it is the same version."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = [Path(sys.base_prefix) / "bin" / version, Path("/usr/bin") / version]
    return sorted({path.resolve() for path in found if path.exists()})


@pytest.mark.parametrize("base", bases(), ids=str)
def test_a_sandbox_starts_with_every_kind_of_interpreter(base, tmp_path):
    subprocess.run([base, "-m", "venv", "--without-pip", "--symlinks", tmp_path], check=True)
    packages = [path for path in sys.path if path.endswith("site-packages")]

    for python in (base, tmp_path / "bin" / "python"):
        started = subprocess.run(
            [python, "-c", OTHER_INTERPRETER],
            env=os.environ | {"PYTHONPATH": ":".join([str(ROOT), *packages])},
            capture_output=True,
            text=True,
            check=False,
        )

        assert started.returncode == 0, started.stderr
        assert started.stdout.strip().startswith("2.")
