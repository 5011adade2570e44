"""System calls that Python has no function for. Linux only; a call that fails raises OSError."""

import ctypes
import os
import signal
import struct
from collections.abc import Callable
from contextlib import suppress

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_libc_with_gil = ctypes.PyDLL(None, use_errno=True)  # does not release Python's lock during a call
_libc_with_gil.syscall.restype = ctypes.c_long

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_CAPBSET_READ = 23
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_GET_TID_ADDRESS = 40

CLONE_FILES = 0x400
CLONE_PARENT = 0x8000
_CLONE_CHILD_CLEARTID = 0x200000
_CLONE_CHILD_SETTID = 0x1000000

_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_FILTER_FLAG_TSYNC = 1
_CAPABILITY_VERSION_3 = 0x20080522
_INSTRUCTION = 8  # bytes of one BPF instruction


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]


def prctl(option: int, *arguments: int) -> int:
    """Call `prctl` with up to four arguments after the option."""
    padded = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    return _checked(_libc.prctl(option, *padded))


def syscall(number: int, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """Call the system call with that number."""
    return _checked(_libc.syscall(ctypes.c_long(number), *(_argument(argument) for argument in arguments)))


def forker(flags: int = 0) -> Callable[[], int]:
    """Return a function that forks with `flags` (CLONE_*); it returns the child's process id, and 0 in the child.

    Only for a process with one thread. `os.fork` and the C library also free the locks that other threads held at the
    fork; the memory that they write for it is most of what a short-lived child costs. This fork does not do that, and
    it does not seed Python's `random` anew.
    """
    address = _thread_id_address()
    if address:
        flags |= _CLONE_CHILD_SETTID | _CLONE_CHILD_CLEARTID
    # x86-64 takes the address as its fourth argument, arm64 as its fifth. The kernel ignores the other one (TLS).
    arguments = [ctypes.c_long(word) for word in (_clone_number(), flags | signal.SIGCHLD, 0, 0, address, address)]
    call = _libc_with_gil.syscall
    return lambda: _checked(call(*arguments))


def _thread_id_address() -> int:
    """Return the address at which the C library keeps this thread's id, which a child must change; 0 if unknown."""
    address = ctypes.c_ulong(0)
    with suppress(OSError):
        prctl(PR_GET_TID_ADDRESS, ctypes.addressof(address))
    return address.value


def _clone_number() -> int:
    return {"x86_64": 56, "aarch64": 220}[os.uname().machine]


def drop_capabilities() -> None:
    """Empty this process's permitted, effective and inheritable capabilities."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    if _libc.capset(header, bytes(24)) < 0:
        raise OSError(ctypes.get_errno(), "capset")


def load_seccomp(code: bytes) -> None:
    """Put all threads of this process, and all that they start later, under a compiled seccomp filter."""
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // _INSTRUCTION, ctypes.cast(buffer, ctypes.c_void_p))
    number = {"x86_64": 317, "aarch64": 277}[os.uname().machine]
    syscall(number, _SECCOMP_SET_MODE_FILTER, _SECCOMP_FILTER_FLAG_TSYNC, ctypes.addressof(program))


def _argument(argument: int | bytes | ctypes.Array[ctypes.c_char] | None) -> object:
    return ctypes.c_long(argument) if isinstance(argument, int) else argument


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
