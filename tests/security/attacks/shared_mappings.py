"""Looks for memory that was shared before the fork: what one submission writes there, the next one could read."""
import re

for line in open("/proc/self/maps"):
    access, _, device, inode, *path = line.split()[1:]
    if access[1] == "w" and access[3] == "s":
        print("ESCAPED: shared memory", line.strip())
