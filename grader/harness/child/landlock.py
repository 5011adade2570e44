"""Landlock: the kernel limits which files a submission can open.

It can read the interpreter, the packages, the files that the C library looks up and its own /proc. It can write to its
scratch folder. It cannot bind or connect a TCP port, nor signal a process outside. If the kernel has no Landlock (as
gVisor), the other restrictions remain: user id, read-only root, seccomp.
"""

import errno
import os
import stat
import struct
from collections.abc import Iterable

from grader.harness.system import syscall

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL_DEVICE = 1 << 14, 1 << 15
_MAKE_CHAR, _MAKE_SOCK, _MAKE_BLOCK = 1 << 6, 1 << 9, 1 << 11
_OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | _TRUNCATE | _IOCTL_DEVICE

READ = EXECUTE | READ_FILE | READ_DIR
_OWN = ((1 << 16) - 1) & ~(_MAKE_CHAR | _MAKE_SOCK | _MAKE_BLOCK)

PACKAGES = "/opt/chainrule/site"
READABLE = (
    *("/usr", "/lib", "/lib64", "/opt/chainrule/grader", "/etc", "/sys/devices/system/cpu"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys"),
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def version() -> int:
    """Return the version of Landlock that this kernel has; 0 if it has none."""
    try:
        return syscall(_CREATE, None, 0, _VERSION)
    except OSError as error:
        if error.errno in (errno.ENOSYS, errno.EOPNOTSUPP):
            return 0
        raise


def restrict(scratch: str, *, readable: Iterable[str] = (), devices: Iterable[str] = ()) -> None:
    """Limit this process to its scratch folder, READABLE, `readable` (read only) and `devices` (read and write).

    `readable` names PACKAGES if the code can import them. Needs no_new_privs. Does nothing if the kernel has no
    Landlock.
    """
    abi = version()
    if abi == 0:
        return
    rules = syscall(_CREATE, *_attributes(abi), 0)
    for path in (*READABLE, *readable):
        _allow(rules, path, READ, abi)
    if devices:
        _allow(rules, "/proc/self/task", WRITE_FILE | _TRUNCATE, abi)  # CUDA must be able to name its threads
    for path in (*DEVICES, *devices):
        _allow(rules, path, READ_FILE | WRITE_FILE | _IOCTL_DEVICE, abi)
    _allow(rules, scratch, _OWN, abi)
    syscall(_RESTRICT, rules, 0)
    os.close(rules)


def _attributes(abi: int) -> tuple[bytes, int]:
    network = 0b11 if abi >= 4 else 0  # binding and connecting TCP
    scope = 0b11 if abi >= 6 else 0  # abstract sockets, signals
    fields = (_files(abi), network, scope)[: 1 if abi < 4 else 2 if abi < 6 else 3]
    packed = struct.pack(f"={len(fields)}Q", *fields)
    return packed, len(packed)


def _files(abi: int) -> int:
    """Return all file rights that this version knows: 13 at first, then also refer, truncate and ioctl."""
    return (1 << (13 + (abi >= 2) + (abi >= 3) + (abi >= 5))) - 1


def _allow(rules: int, path: str, rights: int, abi: int) -> None:
    try:
        target = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    folder = stat.S_ISDIR(os.fstat(target).st_mode)
    allowed = rights & _files(abi) & (-1 if folder else _OF_FILES)
    syscall(_ADD, rules, _PATH_BENEATH, struct.pack("=Qi", allowed, target), 0)
    os.close(target)
