"""Rings the keeper's bell as fast as it can, from before the first call until the end."""
import os
import threading
import time


def ring():
    until = time.monotonic() + 2
    while time.monotonic() < until:
        for bell in (5, 6, 7):
            try:
                os.write(bell, b"!" * 4096)
            except OSError:
                pass


threading.Thread(target=ring, daemon=True).start()
