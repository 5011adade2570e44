"""Switches its pipes to packet mode: a reader with a small buffer would lose the rest and misread what follows."""
import fcntl
import os

def in_call():
    for fd in (1, 2, 4):
        try:
            fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_DIRECT)
        except OSError:
            continue
        if fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_DIRECT:
            print("ESCAPED: a pipe of packets", fd)
