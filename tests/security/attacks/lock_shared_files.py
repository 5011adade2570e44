"""Locks files that other submissions, and with bubblewrap the machine, use too, so that these would wait for a lock."""
import fcntl
import os
import sys

import torch


def in_call():
    files = [os.__file__, torch.__file__, os.devnull, sys.executable, "/proc/self/maps"]
    files += [line.split()[-1] for line in open("/proc/self/maps") if ".so" in line][:5]
    for path in files:
        try:
            file = os.open(path, os.O_RDONLY)
        except OSError:
            continue
        for name, lock in (("flock", fcntl.flock), ("lockf", fcntl.lockf)):
            try:
                lock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                continue
            print("ESCAPED: locked", name, path)
        # The numbers of open file description locks and of leases.
        for command in (36, 37, 38, 1024, 1026):
            try:
                fcntl.fcntl(file, command, bytes(32) if command < 1000 else 0)
            except OSError:
                continue
            print("ESCAPED: lock command", command, path)
