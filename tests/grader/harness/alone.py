"""Programs in a process of their own, whose memory and threads nobody else has a hand in."""

import subprocess
import sys


def printed(program):
    """The words that a program prints, which must end well."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()
