"""Makes processes that are the supervisor's children, not its own, and that no signal announces when they end."""
import ctypes
import os
import time

libc = ctypes.CDLL(None, use_errno=True)
SIBLING, CHILD_SIGNAL = 0x8000, 17
for signal in (CHILD_SIGNAL, 9, 0):
    pid = libc.syscall(56, SIBLING | signal, 0, 0, 0, 0)
    if pid == 0:
        time.sleep(30)
        os._exit(0)
