"""Reads what /proc shows of the supervisor and of other processes."""
import os

mine = os.listdir("/proc/self/task")
for pid in map(str, range(1, 200)):
    if pid in mine:
        continue
    whose = "of the supervisor" if pid == "1" else "of a child"
    for name in ("environ", "maps", "mem", "auxv", "pagemap", "stack", "syscall"):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as file:
                if file.read(64):
                    print("ESCAPED: read", name, whose)
        except OSError:
            pass
    for name in ("fd", "map_files", "task/1/fd"):
        try:
            if os.listdir(f"/proc/{pid}/{name}"):
                print("ESCAPED: listed", name, whose)
        except OSError:
            pass
    for name in ("root", "cwd", "exe"):
        try:
            os.readlink(f"/proc/{pid}/{name}")
            print("ESCAPED: followed", name, whose)
        except OSError:
            pass
