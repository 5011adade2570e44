"""Makes system calls by their x32 numbers, which a filter that compares numbers could miss."""
import ctypes

def in_call():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(0x40000000 + 41, 2, 1, 0) >= 0:
        print("ESCAPED: a socket by its x32 number")
