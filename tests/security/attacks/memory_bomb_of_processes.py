"""Takes as much as each process can, in many processes."""
import os
import time

def in_call():
    for _ in range(12):
        try:
            pid = os.fork()
        except OSError:
            return
        if pid == 0:
            hoard = []
            try:
                while True:
                    hoard.append(bytearray(20_000_000))
            except MemoryError:
                time.sleep(30)
            os._exit(0)
    time.sleep(30)
