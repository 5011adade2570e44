"""Turns a forked child into nobody: done by trusted code, in the child, before it sees a byte of the submission.

Each line narrows what the lines before it left; none may be taken out because another one seems to cover it.
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

# What a submission finds in its environment, beside its own folder.
ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "USER": "sandbox",
    # One thread each: on a worker, the processor is shared by as many submissions as it has cores.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}

# Made once, for the numbers that the pipes get: line by line, so that what was printed before a crash is not lost.
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

SCRATCH = "/scratch"
MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Walls:
    """What is the same for every child of one keeper."""

    seccomp: bytes
    readable: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Ends:
    """The child's ends of its pipes: where it reads, where it answers, where it prints, where it rings."""

    told: int
    said: int
    text: int
    bell: int


def scratch_of(pid: int) -> str:
    """Return the folder of its own that a child makes for itself."""
    return f"{SCRATCH}/{pid}"


def confine(uid: int | None, ends: Ends, walls: Walls, warm: Callable[[], None]) -> Ends:
    """Give up everything that a submission does not need; return the pipes under their new numbers.

    `uid` None keeps the user: for a sandbox that cannot switch, and therefore serves one submission only. `warm` is
    called behind every wall but the last: what starts a GPU makes system calls that nobody may make afterwards. The
    threads that it starts are confined as their process is, since all they can do a submission can have done.
    """
    os.setsid()
    ends = _move(ends)
    _close_from(6)
    _volunteer_for_the_oom_killer()
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    if uid is not None:
        _become(uid)
    prctl(PR_SET_DUMPABLE, 0)
    scratch = _make_scratch()
    _set_environment(scratch)
    landlock.restrict(scratch, readable=walls.readable, devices=walls.devices)
    warm()
    load_seccomp(walls.seccomp)
    return ends


def limit(limits: Mapping[str, int]) -> None:
    """Set the resource limits of this process and its children; `limits` is what the grader sent.

    Memory is counted from what is mapped already, so it is what the submission may take beyond the harness.
    """
    address_space = _mapped() + limits["memory_mb"] * MIB
    for kind, value in (
        (resource.RLIMIT_AS, address_space if limits["memory_mb"] else resource.RLIM_INFINITY),
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
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
    """Write out what has been printed, whatever the submission has put in the streams' place."""
    for stream in _STREAMS[1:]:
        with suppress(ValueError, OSError):
            stream.flush()


def _move(ends: Ends) -> Ends:
    """Put the pipes at 1 to 5 and nothing at 0; whatever else was open is left above and closed."""
    high = [os.dup2(fd, 50 + i, inheritable=False) for i, fd in enumerate((ends.text, ends.told, ends.said, ends.bell))]
    null = os.open("/dev/null", os.O_RDONLY)
    for target, source in enumerate((null, high[0], *high)):
        os.dup2(source, target, inheritable=target < 3)
    return Ends(text=1, told=3, said=4, bell=5)


def _close_from(lowest: int) -> None:
    # By name, since a range up to the limit is a million calls where the kernel has no close_range.
    for fd in [int(name) for name in os.listdir("/proc/self/fd")]:  # noqa: PTH208
        if fd >= lowest:
            with suppress(OSError):  # the folder's own descriptor is gone already
                os.close(fd)


def _volunteer_for_the_oom_killer() -> None:
    # Where memory runs out, the submission goes and the keeper stays. Raising it needs no privilege.
    # No file object here and below: each of its layers is pages that every child would write to.
    score = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    os.write(score, b"1000")
    os.close(score)


def _become(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    drop_capabilities()  # leaving 0 empties all sets but the inheritable one


def _make_scratch() -> str:
    os.umask(0o077)
    path = scratch_of(os.getpid())
    os.mkdir(path, 0o700)  # noqa: PTH102
    os.chdir(path)
    return path


def _set_environment(scratch: str) -> None:
    # One by one: `update` first asks what is a mapping, and to find out writes to three hundred pages.
    for name in ("HOME", "TMPDIR", "MPLCONFIGDIR", "XDG_CACHE_HOME"):
        os.environ[name] = scratch
    tempfile.tempdir = None  # the nursery's
    sys.stdin, sys.stdout, sys.stderr = _STREAMS
