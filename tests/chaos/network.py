"""A cable between the grading worker and the rest of the machine, which can be pulled out: a network namespace.

The worker finds Redis at the other end, and the Docker engine at its socket as ever.
"""

import secrets
import subprocess


class Lane:
    """A namespace and a pair of virtual interfaces, one end here and the other there."""

    def __init__(self):
        name = secrets.token_hex(3)
        self._namespace = f"chainrule-{name}"
        self._ours, self._theirs = f"cr{name}a", f"cr{name}b"
        third = secrets.randbelow(200) + 20
        self.here, self.there = f"10.213.{third}.1", f"10.213.{third}.2"

    def lay(self):
        _ip("netns", "add", self._namespace)
        _ip("link", "add", self._ours, "type", "veth", "peer", "name", self._theirs, "netns", self._namespace)
        _ip("addr", "add", f"{self.here}/30", "dev", self._ours)
        _ip("link", "set", self._ours, "up")
        _ip("-n", self._namespace, "addr", "add", f"{self.there}/30", "dev", self._theirs)
        _ip("-n", self._namespace, "link", "set", self._theirs, "up")
        _ip("-n", self._namespace, "link", "set", "lo", "up")

    def cut(self):
        """From now on packets vanish, both ways, and nobody is told."""
        _ip("link", "set", self._ours, "down")

    def mend(self):
        _ip("link", "set", self._ours, "up")

    def take_away(self):
        subprocess.run(["ip", "netns", "del", self._namespace], check=False)

    def behind(self, command):
        return ["ip", "netns", "exec", self._namespace, *command]

    def also_listens(self, redis):
        """The command of a Redis that is found from there, too."""
        # On this cable only, which nobody else can reach.
        return [*redis, "--bind", f"127.0.0.1 {self.here}", "--protected-mode", "no"]


def _ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
