"""The few system calls that Python has no name for. Linux only; every failure is an OSError."""

import ctypes
import os
import struct

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long

PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_CAPBSET_READ = 23
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38

SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION_3 = 0x20080522
_INSTRUCTION = 8  # bytes of one BPF instruction


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]


def prctl(option: int, *arguments: int) -> int:
    """Make the system call of that name, with up to four arguments."""
    padded = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    return _checked(_libc.prctl(option, *padded))


def syscall(number: int, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """Make the system call of that number."""
    return _checked(_libc.syscall(ctypes.c_long(number), *(_argument(argument) for argument in arguments)))


def drop_capabilities() -> None:
    """Empty this process's permitted, effective and inheritable capabilities."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    if _libc.capset(header, bytes(24)) < 0:
        raise OSError(ctypes.get_errno(), "capset")


def load_seccomp(code: bytes) -> None:
    """Put this process, and all that it starts, under a compiled seccomp filter."""
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // _INSTRUCTION, ctypes.cast(buffer, ctypes.c_void_p))
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(program))


def _argument(argument: int | bytes | ctypes.Array[ctypes.c_char] | None) -> object:
    return ctypes.c_long(argument) if isinstance(argument, int) else argument


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
