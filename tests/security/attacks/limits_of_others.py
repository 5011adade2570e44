"""Lowers the limits of the supervisor and of waiting children, so that the next submission fails."""
import os
import resource

me = os.getpid()
for pid in (1, os.getppid(), *range(2, 200)):
    if pid == me:
        continue
    for kind in (resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        try:
            resource.prlimit(pid, kind, (0, 0))
            print("ESCAPED: lowered a limit of", "the supervisor" if pid == 1 else "a child")
        except (OSError, ValueError):
            pass
