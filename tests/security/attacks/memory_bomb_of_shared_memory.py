"""Takes as much as each process can, in many processes, as memory that is shared and looks like a file's."""
import mmap
import os
import time

def in_call():
    filling = b"\1" * 20_000_000
    for _ in range(8):
        try:
            pid = os.fork()
        except OSError:
            return
        if pid == 0:
            hoard = []
            try:
                while len(hoard) < 10:
                    hoard.append(mmap.mmap(-1, len(filling)))
                    hoard[-1].write(filling)
            except (MemoryError, OSError):
                pass
            time.sleep(30)
            os._exit(0)
    time.sleep(30)
