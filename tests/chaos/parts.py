"""The parts of a running Chainrule: processes that tests can kill or pause, and that are restarted if they died.

`restart_if_dead` plays the service manager: like one, it also ends the processes that a dead part left running.
"""

import os
import signal
import time
from contextlib import ExitStack, suppress

import psutil

from deploy.dev.processes import running, tail


class Part:
    """A process with a name. Each start writes a log of its own, with a number."""

    def __init__(self, name, command, *, folder, env=None, user=None, timeout=20):
        self.name = name
        self.starts = 0
        self.process = None
        self._command = command
        self._folder = folder
        self.env = env or {}
        self._user = user
        self._timeout = timeout
        self._running = ExitStack()

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        return self._folder / f"{self.name}.{self.starts}.log"

    def logs(self):
        """The logs of all its starts."""
        return "".join(path.read_text(errors="replace") for path in self._folder.glob(f"{self.name}.*.log"))

    def start(self):
        self.starts += 1
        self._running = ExitStack()
        context = running(self.name, self._command, log=self.log, env=self.env, user=self._user, patience=self._timeout)
        self.process = self._running.enter_context(context)

    def stop(self):
        self.resume()
        self._running.close()

    def restart_if_dead(self):
        """Start it again if it has ended."""
        if self.process.poll() is not None:
            self._running.close()
            self.start()

    def kill(self):
        """Kill its main process only: the test also shows what happens to the others."""
        os.kill(self.pid, signal.SIGKILL)

    def pause(self):
        """Stop it and its children with SIGSTOP, which they cannot handle."""
        for process in self._family():
            with suppress(psutil.NoSuchProcess):
                process.suspend()

    def resume(self):
        for process in self._family():
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def children(self):
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.pid).children()
        return []

    def _family(self):
        with suppress(psutil.NoSuchProcess):
            first = psutil.Process(self.pid)
            return [first, *first.children(recursive=True)]
        return []


def until(ready, *, parts, name, seconds, every=0.1):
    """Wait until `ready()`, and restart dead parts meanwhile. Raises AssertionError with the ends of the logs."""
    deadline = time.monotonic() + seconds
    while not ready():
        for part in parts:
            part.restart_if_dead()
        if time.monotonic() > deadline:
            ends = "\n".join(f"--- {part.log}\n{tail(part.log)}" for part in parts)
            raise AssertionError(f"{name}: not after {seconds:g} seconds\n{ends}")
        time.sleep(every)
