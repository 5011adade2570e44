"""Tries to make devices of the disk and the memory."""
import os
import stat

for kind, device in ((stat.S_IFBLK, os.makedev(8, 0)), (stat.S_IFCHR, os.makedev(1, 1)), (stat.S_IFBLK, os.makedev(254, 0))):
    for folder in (".", "/dev", "/tmp"):
        try:
            os.mknod(f"{folder}/node", 0o600 | kind, device)
            print("ESCAPED: made a device in", folder)
        except OSError:
            pass
for name in ("sda", "vda", "mem", "kmem", "port", "kvm", "fuse", "net/tun", "ptmx", "tty", "console"):
    try:
        os.open(f"/dev/{name}", os.O_RDWR)
        print("ESCAPED: opened", name)
    except OSError:
        pass
