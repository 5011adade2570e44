"""Tries to write to every place that could have room."""
import os

own = os.getcwd()
folders = ["/", "/tmp", "/var/tmp", "/dev", "/dev/shm", "/dev/mqueue", "/run", "/etc", "/usr", "/opt", "/opt/chainrule", "/root", "/home",
    "/opt/chainrule/grader/harness", "/opt/chainrule/site", "/scratch", "/proc/sys/kernel", "/sys/fs/cgroup", "/var", "/mnt", "/srv"]
for folder in folders:
    try:
        with open(f"{folder}/left-behind", "w") as file:
            file.write("x")
        print("ESCAPED: wrote to", folder)
    except OSError:
        pass
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/vm/overcommit_memory", "/proc/sysrq-trigger", "/proc/1/oom_score_adj",
    "/proc/self/uid_map", "/opt/chainrule/grader/harness/wire/values.py", "/etc/passwd"):
    try:
        os.close(os.open(path, os.O_WRONLY))
        print("ESCAPED: may write", path)
    except OSError:
        pass
