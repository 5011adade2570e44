"""A network link between the grading worker and the rest of the machine that tests can cut: a network namespace.

The worker reaches Redis through the link, and the Docker engine through its socket as usual.
"""

import secrets
import subprocess


class NetworkLink:
    """A network namespace and a pair of virtual interfaces, one end in it and one outside."""

    def __init__(self):
        name = secrets.token_hex(3)
        self._namespace = f"chainrule-{name}"
        self._outer_interface, self._inner_interface = f"cr{name}a", f"cr{name}b"
        third = secrets.randbelow(200) + 20
        self.outside, self.inner = f"10.213.{third}.1", f"10.213.{third}.2"

    def create(self):
        _ip("netns", "add", self._namespace)
        _ip(
            "link",
            "add",
            self._outer_interface,
            "type",
            "veth",
            "peer",
            "name",
            self._inner_interface,
            "netns",
            self._namespace,
        )
        _ip("addr", "add", f"{self.outside}/30", "dev", self._outer_interface)
        _ip("link", "set", self._outer_interface, "up")
        _ip("-n", self._namespace, "addr", "add", f"{self.inner}/30", "dev", self._inner_interface)
        _ip("-n", self._namespace, "link", "set", self._inner_interface, "up")
        _ip("-n", self._namespace, "link", "set", "lo", "up")

    def cut(self):
        """Drop all packets in both directions, without an error."""
        _ip("link", "set", self._outer_interface, "down")

    def mend(self):
        _ip("link", "set", self._outer_interface, "up")

    def remove(self):
        subprocess.run(["ip", "netns", "del", self._namespace], check=False)

    def inside(self, command):
        return ["ip", "netns", "exec", self._namespace, *command]

    def listening(self, redis):
        """The command of a Redis that also listens on this link."""
        # Nobody else can reach this link.
        return [*redis, "--bind", f"127.0.0.1 {self.outside}", "--protected-mode", "no"]


def _ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
