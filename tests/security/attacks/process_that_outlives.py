"""Leaves a detached process behind, and looks for that of the last submission."""
import os
import signal
import time

def fork():
    try:
        return os.fork()
    except OSError:
        return -1

def is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True

# Supervisor, fork server, this process and a waiting child. A GPU's driver adds threads to the last two; they count too.
KNOWN = 2 + 2 * len(os.listdir("/proc/self/task"))
others = [pid for pid in range(1, os.getpid() + 100) if is_there(pid)]
if len(others) > KNOWN:
    print("ESCAPED: somebody else is here", others)

if fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        while True:
            time.sleep(0.01)
    os._exit(0)
