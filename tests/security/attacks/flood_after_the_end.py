"""Exits and leaves processes that print without end: a reader that waits for the last output never finishes."""
import os

def in_call():
    for _ in range(4):
        try:
            pid = os.fork()
        except OSError:
            return
        if pid == 0:
            while True:
                os.write(1, b"still here\n" * 1000)
    os._exit(0)
