"""The parts of a running Chainrule, each a process that can be killed or stopped, and that comes back by itself.

What starts a part again is `tend`, in the place of a service manager: it looks when it is asked to, and clears away
what a dead part left running, as those do.
"""

import os
import signal
import time
from contextlib import ExitStack, suppress

import psutil

from deploy.dev.processes import running, tail


class Part:
    """A process of a name; its logs are numbered, one for each time that it was started."""

    def __init__(self, name, command, *, folder, env=None, user=None, patience=20):
        self.name = name
        self.starts = 0
        self.process = None
        self._command = command
        self._folder = folder
        self._env = env or {}
        self._user = user
        self._patience = patience
        self._running = ExitStack()

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        return self._folder / f"{self.name}.{self.starts}.log"

    def logs(self):
        """What it has written, in all its lives."""
        return "".join(path.read_text(errors="replace") for path in self._folder.glob(f"{self.name}.*.log"))

    def start(self):
        self.starts += 1
        self._running = ExitStack()
        context = running(
            self.name, self._command, log=self.log, env=self._env, user=self._user, patience=self._patience
        )
        self.process = self._running.enter_context(context)

    def stop(self):
        self.resume()
        self._running.close()

    def tend(self):
        """Start it again where it has gone."""
        if self.process.poll() is not None:
            self._running.close()
            self.start()

    def kill(self):
        """Kill its first process, and no other: what becomes of these is a part of the matter."""
        os.kill(self.pid, signal.SIGKILL)

    def pause(self):
        """Stop it, children included, without its being able to notice."""
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
    """Wait for something while the parts are looked after; AssertionError with the ends of their logs else."""
    deadline = time.monotonic() + seconds
    while not ready():
        for part in parts:
            part.tend()
        if time.monotonic() > deadline:
            ends = "\n".join(f"--- {part.log}\n{tail(part.log)}" for part in parts)
            raise AssertionError(f"{name}: not after {seconds:g} seconds\n{ends}")
        time.sleep(every)
