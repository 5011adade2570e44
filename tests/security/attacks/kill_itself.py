"""Kills its own process with the signal that the kernel uses when memory is short."""
import os
import signal

def in_call():
    os.kill(os.getpid(), signal.SIGKILL)
