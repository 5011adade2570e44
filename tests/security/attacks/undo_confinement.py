"""Tries to undo its confinement, call by call: privileges, visibility, priorities, the out-of-memory score."""
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
PRCTL = {"dumpable": (4, 1), "keep capabilities": (8, 1), "seccomp off": (22, 0), "drop from the bounding set": (24, 0), "secure bits": (28, 0),
    "no timer slack": (29, 1), "machine checks": (33, 0), "memory map": (35, 1, 0), "subreaper": (36, 1), "new privileges": (38, 0), "transparent pages": (41, 1),
    "ambient capabilities": (47, 2, 0), "speculation": (53, 0, 1), "tagged addresses": (55, 1), "flusher": (57, 1), "dispatch": (59, 1), "core scheduling": (62, 1, 0),
    "tracer": (0x59616D61, -1)}
for name, arguments in PRCTL.items():
    if libc.prctl(*[ctypes.c_long(a) for a in (*arguments, 0, 0, 0, 0)[:5]]) >= 0:
        print("ESCAPED: prctl", name)
for name, attempt in {
    "priority": lambda: os.setpriority(os.PRIO_PROCESS, 0, -5),
    "priority of the group": lambda: os.setpriority(os.PRIO_PGRP, 0, 5),
    "priority of the disk": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "real time": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    "idle": lambda: os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0)),
    "affinity of the supervisor": lambda: os.sched_setaffinity(1, {0}),
    "group of the supervisor": lambda: os.setpgid(0, 1),
    "session": lambda: os.setsid(),
}.items():
    try:
        attempt()
        print("ESCAPED: changed", name)
    except OSError:
        pass
for path, text in (("/proc/self/oom_score_adj", "0"), ("/proc/self/oom_adj", "-17"), ("/proc/self/coredump_filter", "0xff"), ("/proc/self/attr/current", "x"),
    ("/proc/self/timerslack_ns", "1"), ("/proc/self/setgroups", "allow"), ("/proc/self/gid_map", "0 0 1"), ("/proc/self/clear_refs", "1"), ("/proc/self/mem", "x")):
    try:
        with open(path, "r+") as file:
            file.write(text)
        print("ESCAPED: wrote to", path)
    except OSError:
        pass
