"""Opens the pipes of the supervisor and of waiting children through /proc, to read or answer the next submission."""
import os
import stat

mine = {int(name) for name in os.listdir("/proc/self/task")}
for pid in range(1, 200):
    if pid in mine:
        continue
    for number in range(64):
        path = f"/proc/{pid}/fd/{number}"
        for how in (os.O_RDONLY, os.O_WRONLY):
            try:
                opened = os.open(path, how | os.O_NONBLOCK)
            except OSError:
                continue
            # Skip what it could open by name too: /dev/null, a font, a file of /proc that the supervisor reads right now.
            kind = stat.S_IFMT(os.fstat(opened).st_mode)
            if kind not in (stat.S_IFREG, stat.S_IFCHR, stat.S_IFDIR):
                print("ESCAPED: opened", path)
            os.close(opened)
