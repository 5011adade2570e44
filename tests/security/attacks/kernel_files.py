"""Reads what the kernel shows of the machine, and writes to the kernel's settings."""
import os

for path in ("/proc/kcore", "/proc/kpageflags", "/proc/kpagecount", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/proc/slabinfo", "/proc/vmallocinfo",
    "/proc/iomem", "/proc/sysrq-trigger", "/dev/kmsg", "/proc/kmsg", "/sys/kernel/debug/sched/debug", "/sys/firmware/acpi/tables/DSDT", "/proc/acpi"):
    try:
        with open(path, "rb") as file:
            if file.read(64):
                print("ESCAPED: read", path)
    except OSError:
        pass
try:
    if any(int(line.split()[0], 16) for line in open("/proc/kallsyms")):
        print("ESCAPED: addresses of the kernel")
except OSError:
    pass
for top in ("/sys", "/proc/sys"):
    for folder, _, files in os.walk(top):
        for name in files:
            path = os.path.join(folder, name)
            if os.access(path, os.W_OK):
                try:
                    os.close(os.open(path, os.O_WRONLY))
                    print("ESCAPED: may write", path)
                except OSError:
                    pass
