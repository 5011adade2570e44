"""Tries to mount, unmount and change the root."""
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
here = os.getcwd().encode()
for attempt in (
    lambda: libc.mount(b"none", here, b"tmpfs", 0, None),
    lambda: libc.mount(b"/", here, None, 4096, None),
    lambda: libc.umount2(b"/proc", 2),
    lambda: libc.syscall(155, here, here),
    lambda: libc.chroot(here),
    lambda: libc.syscall(428, -100, b"/", 1),
    lambda: libc.syscall(430, b"tmpfs", 0),
):
    if attempt() >= 0:
        print("ESCAPED: mounted")
