"""Opens the pipes of the keeper and of the children that wait, through /proc: to read the next submission, or to answer for it."""
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
            # What has a name of its own (/dev/null, a font, /proc that a keeper is just reading) could be opened by it.
            kind = stat.S_IFMT(os.fstat(opened).st_mode)
            if kind not in (stat.S_IFREG, stat.S_IFCHR, stat.S_IFDIR):
                print("ESCAPED: opened", path)
            os.close(opened)
