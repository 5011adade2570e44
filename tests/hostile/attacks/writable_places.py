"""Walks everywhere for a folder or a file that it may write to, beside its own scratch."""
import os

own = os.getcwd()
SKIPPED = ("/proc", "/sys", "/dev/fd", own)
for folder, below, files in os.walk("/"):
    below[:] = [name for name in below if not os.path.join(folder, name).startswith(SKIPPED) and name != "site-packages"]
    try:
        path = os.path.join(folder, "left-behind")
        os.mkdir(path)
        print("ESCAPED: made a folder in", folder)
    except OSError:
        pass
    if folder.startswith(("/usr/share", "/usr/lib", "/opt/chainrule/site")):
        continue
    for name in files:
        path = os.path.join(folder, name)
        if os.access(path, os.W_OK) and path not in ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"):
            print("ESCAPED: may write", path)
