"""Takes its wake-ups back before the supervisor reads them, so that it blocks. It cannot if it has its own user."""
import fcntl
import os
import struct
import termios
import threading
import time

at_rest = threading.Event()


def steal():
    try:
        wakeup = os.open("/proc/self/fd/5", os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return
    while not at_rest.is_set():
        try:
            os.read(wakeup, 4096)
        except OSError:
            pass


def unread():
    return struct.unpack("i", fcntl.ioctl(1, termios.FIONREAD, bytes(4)))[0]


def in_call():
    for _ in range(2):
        threading.Thread(target=steal, daemon=True).start()
    until = time.monotonic() + 1
    while time.monotonic() < until:
        os.write(5, b"!")
        os.write(1, b".")
        for _ in range(100):
            if not unread():
                break
            time.sleep(0.002)
        else:
            print("ESCAPED: the supervisor is blocked")
            break
    at_rest.set()
