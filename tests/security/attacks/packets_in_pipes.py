"""Turns its pipes to packets, which a reader with a small buffer cuts off: then what follows would be read as frames."""
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
