"""Takes all rights from a forked child. Trusted code does it, in the child, before it reads a byte of the submission.

Each step removes more of what the steps before it have left. Keep every step, even if another one seems to cover it.
"""

import io
import os
import resource
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from grader.harness.child import landlock
from grader.harness.system import PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, drop_capabilities, load_seccomp, prctl

# The environment of a submission, in addition to the variables that name its own folder.
ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "USER": "sandbox",
    # One thread each: as many submissions share a worker's processor as it has cores.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}

# Made once, for the descriptors that the pipes get. They write line by line, so that a crash loses no printed line.
_STREAMS: tuple[io.TextIOWrapper, ...] = (
    io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), encoding="utf-8"),
    *(
        io.TextIOWrapper(
            io.BufferedWriter(io.FileIO(number, "w", closefd=False)),
            encoding="utf-8",
            errors="replace",
            line_buffering=True,
        )
        for number in (1, 2)
    ),
)

# If processors are scarce, the supervisor comes before the submission, so that its heartbeats are in time. A sandbox
# that cannot switch user has no share of the processors, so its submissions must not give way to other processes.
_NICER = 5

SCRATCH = "/scratch"
MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Confinement:
    """The restrictions of every child in one sandbox: its seccomp filter, and the paths it can read or open."""

    seccomp: bytes
    readable: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ChildPipes:
    """The child's ends of its pipes: it reads requests, writes responses, prints, and wakes the supervisor."""

    request_fd: int
    response_fd: int
    output_fd: int
    wakeup_fd: int


def scratch_of(pid: int) -> str:
    """Return the path of the scratch folder that the child with this process id makes."""
    return f"{SCRATCH}/{pid}"


def confine(
    uid: int | None, pipes: ChildPipes, confinement: Confinement, start_device: Callable[[], None]
) -> ChildPipes:
    """Give up everything that a submission does not need; return the pipes with their new descriptors.

    If `uid` is None, the child keeps its user: a sandbox that cannot switch user serves one submission only.
    `start_device` is called under every restriction except seccomp: starting a GPU makes system calls that seccomp then
    forbids. The threads that it starts get all restrictions of their process, because a submission can control them.
    """
    os.setsid()
    pipes = _move(pipes)
    _close_from(6)
    _prefer_for_oom_kill()
    if uid is not None:
        os.nice(_NICER)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    if uid is not None:
        _switch_user(uid)
    prctl(PR_SET_DUMPABLE, 0)
    scratch = _make_scratch()
    _set_environment(scratch)
    landlock.restrict(scratch, readable=confinement.readable, devices=confinement.devices)
    start_device()
    load_seccomp(confinement.seccomp)
    return pipes


def limit(limits: Mapping[str, int]) -> None:
    """Set the resource limits of this process and its children; `limits` comes from SETUP.

    The memory limit is added to what is mapped already, so the submission gets all of it for itself. A limit of 0 MiB
    sets none.
    """
    address_space = _mapped() + limits["memory_mb"] * MIB
    for kind, value in (
        (resource.RLIMIT_AS, address_space if limits["memory_mb"] else resource.RLIM_INFINITY),
        # Threads use it up on all processors at once. The grader's clock must always end a run before the kernel does.
        (resource.RLIMIT_CPU, limits["cpu_seconds"] * (os.cpu_count() or 1)),
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_FSIZE, limits["file_mb"] * MIB),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        _lower(kind, value)


def _mapped() -> int:
    statistics = os.open("/proc/self/statm", os.O_RDONLY)
    pages = int(os.read(statistics, 200).split()[0])
    os.close(statistics)
    return pages * resource.getpagesize()


def _lower(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    allowed = value if hard == resource.RLIM_INFINITY else min(value, hard) if value >= 0 else hard
    resource.setrlimit(kind, (allowed, allowed))


def flush() -> None:
    """Write out what has been printed, even if the submission has replaced `sys.stdout` and `sys.stderr`."""
    for stream in _STREAMS[1:]:
        with suppress(ValueError, OSError):
            stream.flush()


def _move(pipes: ChildPipes) -> ChildPipes:
    """Move the pipes to descriptors 1 to 5 and an empty file to 0; everything above stays open, to be closed next."""
    fds = (pipes.output_fd, pipes.request_fd, pipes.response_fd, pipes.wakeup_fd)
    high = [os.dup2(fd, 50 + i, inheritable=False) for i, fd in enumerate(fds)]
    null = os.open("/dev/null", os.O_RDONLY)
    for target, source in enumerate((null, high[0], *high)):
        os.dup2(source, target, inheritable=target < 3)
    return ChildPipes(output_fd=1, request_fd=3, response_fd=4, wakeup_fd=5)


def _close_from(lowest: int) -> None:
    # From a list of the open ones: if the kernel has no close_range, a loop up to the limit makes a million calls.
    for fd in [int(name) for name in os.listdir("/proc/self/fd")]:  # noqa: PTH208
        if fd >= lowest:
            with suppress(OSError):  # the descriptor of the folder itself is closed already
                os.close(fd)


def _prefer_for_oom_kill() -> None:
    # If memory runs out, the kernel must kill the submission and not the supervisor. Raising the score needs no rights.
    # No file object here and below: every child would write to the pages of each of its layers.
    score = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    os.write(score, b"1000")
    os.close(score)


def _switch_user(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    drop_capabilities()  # leaving user 0 empties all sets except the inheritable one


def _make_scratch() -> str:
    os.umask(0o077)
    path = scratch_of(os.getpid())
    os.mkdir(path, 0o700)  # noqa: PTH102
    os.chdir(path)
    return path


def _set_environment(scratch: str) -> None:
    # One by one: `update` first checks whether its argument is a mapping, which writes to three hundred pages.
    for name in ("HOME", "TMPDIR", "MPLCONFIGDIR", "XDG_CACHE_HOME"):
        os.environ[name] = scratch
    tempfile.tempdir = None  # it still holds the fork server's
    sys.stdin, sys.stdout, sys.stderr = _STREAMS
