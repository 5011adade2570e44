"""Writes to the supervisor's wake-up pipe as fast as it can, from before the first call until the end."""
import os
import threading
import time


def wake():
    until = time.monotonic() + 2
    while time.monotonic() < until:
        for fd in (5, 6, 7):
            try:
                os.write(fd, b"!" * 4096)
            except OSError:
                pass


threading.Thread(target=wake, daemon=True).start()
