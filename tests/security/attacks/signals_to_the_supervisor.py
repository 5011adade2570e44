"""Sends signals to the supervisor, the fork server, its own process group and every process that it can."""
import os
import signal

me = os.getpid()
others = range(2, 60)
for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP, signal.SIGUSR1, signal.SIGCHLD):
    for target in {1, os.getppid(), *others} - {me}:
        try:
            os.kill(target, number)
            if target != 1:
                print("ESCAPED: signalled", target)
        except OSError:
            pass
try:
    os.kill(-1, signal.SIGCONT)
except OSError:
    pass
