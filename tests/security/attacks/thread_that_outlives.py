"""Leaves threads behind that keep writing while the next submission runs."""
import os
import threading

def haunt():
    while True:
        for fd in (0, 1, 2):
            try:
                os.write(fd, b"haunted\n")
            except OSError:
                pass

for daemon in (True, False):
    threading.Thread(target=haunt, daemon=daemon).start()
