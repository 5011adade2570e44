"""Opens its own pipes at the other end, to take back bytes that the supervisor has counted and will wait for."""
import os

for fd, how in ((1, os.O_RDONLY), (2, os.O_RDONLY), (3, os.O_WRONLY), (4, os.O_RDONLY)):
    try:
        os.open(f"/proc/self/fd/{fd}", how | os.O_NONBLOCK)
        print("ESCAPED: opened the other end of", fd)
    except OSError:
        pass
