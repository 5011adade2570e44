"""Leaves shared memory of every kind, and looks for that of the last submission."""
import ctypes
import mmap
from multiprocessing import shared_memory

libc = ctypes.CDLL(None, use_errno=True)
segment = libc.syscall(29, 0x1234, 4096, 0o1666)
if segment >= 0:
    print("ESCAPED: System V shared memory")
try:
    shared_memory.SharedMemory("for-the-next-one", create=True, size=64)
    print("ESCAPED: POSIX shared memory")
except OSError:
    pass
mmap.mmap(-1, 4096, flags=mmap.MAP_SHARED).write(b"x")
