"""Tries to take back the user, the groups and the capabilities that were given up."""
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for attempt in (
    lambda: os.setuid(0),
    lambda: os.setresuid(0, 0, 0),
    lambda: os.setgid(0),
    lambda: os.setgroups([0]),
    lambda: os.seteuid(0),
):
    try:
        attempt()
        print("ESCAPED: became somebody else", os.getresuid())
    except OSError:
        pass
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
    if int(status.get(name, "0"), 16):
        print("ESCAPED: capabilities", name, status[name])
if status.get("NoNewPrivs", "1").strip() != "1":
    print("ESCAPED: new privileges may be had")
if os.getgroups():
    print("ESCAPED: groups", os.getgroups())
header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
if libc.syscall(126, header, data) == 0:
    print("ESCAPED: set capabilities")
