"""Ends, and leaves processes behind that print for ever: whoever waits until nothing more comes watches nothing else."""
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
