"""Traces the supervisor, and reads its memory from outside."""
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for pid in {1, os.getppid(), *range(2, 40)} - {os.getpid()}:
    for request in (16, 0x4206):
        if libc.ptrace(request, pid, 0, 0) == 0:
            print("ESCAPED: traced", pid)
    buffer = ctypes.create_string_buffer(8)

    class Part(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]

    local, remote = Part(ctypes.addressof(buffer), 8), Part(id(None), 8)
    if libc.process_vm_readv(pid, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0) > 0:
        print("ESCAPED: read the memory of", pid)
