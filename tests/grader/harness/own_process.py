"""Runs programs in a process of their own: nothing else uses its memory or starts threads in it."""

import subprocess
import sys


def printed(program):
    """Run a program, which must succeed, and return the words that it prints."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()
