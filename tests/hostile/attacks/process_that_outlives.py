"""Leaves a process behind that has cut every tie to this one."""
import os
import signal
import time

def fork():
    try:
        return os.fork()
    except OSError:
        return -1

if fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        while True:
            time.sleep(0.01)
    os._exit(0)
