"""Makes namespaces of its own, in which it would be root."""
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for flag in (0x10000000, 0x00020000, 0x40000000, 0x20000000, 0x08000000, 0x04000000, 0x02000000, 0x00000080):
    if libc.unshare(flag) == 0:
        print("ESCAPED: unshared", hex(flag))
    pid = libc.syscall(56, flag | 17, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    if pid > 0:
        os.waitpid(pid, 0)
        print("ESCAPED: cloned", hex(flag))
arguments = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)
pid = libc.syscall(435, arguments, 88)
if pid == 0:
    os._exit(0)
if pid > 0:
    print("ESCAPED: cloned anew")
for name in ("user", "mnt", "net", "pid"):
    try:
        if libc.setns(os.open(f"/proc/1/ns/{name}", 0), 0) == 0:
            print("ESCAPED: joined", name)
    except OSError:
        pass
