"""Hosts with addresses of their own on one network: namespaces, joined by a bridge in a namespace of its own.

Nothing here touches the network of this machine. A host can be cut off from another one or from all, lose packets, get
a slow link, and vanish like a machine that loses power: no process says goodbye, and no connection is closed.
"""

import array
import ctypes
import fcntl
import os
import secrets
import signal
import socket
import struct
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from deploy.dev.debian import find

_NEW_NETWORK = 0x40000000  # CLONE_NEWNET
_ETHTOOL, _SET_CHECKSUMS, _SET_SEGMENTATION = 0x8946, 0x17, 0x24
WIRE = Path(__file__).with_name("wire.py")


class Network:
    """A bridge, and its hosts by name."""

    def __init__(self):
        self._name = f"chainrule-{secrets.token_hex(3)}"
        self._bridge = f"{self._name}-bridge"
        self.hosts = {}

    def create(self):
        _ip("netns", "add", self._bridge)
        _ip("-n", self._bridge, "link", "add", "bridge", "type", "bridge")
        _ip("-n", self._bridge, "link", "set", "bridge", "up")

    def add(self, *names):
        """Add hosts, each with the next address."""
        for name in names:
            number = 10 + len(self.hosts)
            self.hosts[name] = host = Host(name, f"{self._name}-{name}", self._bridge, number)
            host.appear()

    def remove(self):
        for host in self.hosts.values():
            host.disappear()
        subprocess.run(["ip", "netns", "del", self._bridge], check=False, capture_output=True)

    def __getitem__(self, name):
        return self.hosts[name]


class Host:
    """A network namespace with an address, which stays the same if the host vanishes and comes back."""

    def __init__(self, name, namespace, bridge, number):
        self.name, self._namespace, self._bridge = name, namespace, bridge
        self.address = f"10.99.0.{number}"
        self._port = f"port{number}"
        self._wire = None

    def appear(self):
        here, there = self._namespace, self._bridge
        _ip("netns", "add", here)
        peer = ("peer", "name", "eth0", "netns", here)
        _ip("-n", there, "link", "add", self._port, "type", "veth", *peer)
        _ip("-n", there, "link", "set", self._port, "master", "bridge", "up")
        _ip("-n", here, "link", "set", "lo", "up")
        _ip("-n", here, "addr", "add", f"{self.address}/24", "dev", "eth0")
        _ip("-n", here, "link", "set", "eth0", "up")
        with self.entered():
            _send_whole_packets("eth0")

    def inside(self, command):
        return ["ip", "netns", "exec", self._namespace, *command]

    @contextmanager
    def entered(self):
        """In the block, this thread is on the host: its new sockets use the host's network."""
        ours, theirs = Path("/proc/thread-self/ns/net"), Path("/run/netns", self._namespace)
        with ours.open() as before, theirs.open() as here:
            _enter(here)
            try:
                yield
            finally:
                _enter(before)

    # Faults

    def cut(self, other=None):
        """Drop everything that comes from another host, or from all if none is given, without an error."""
        source = ("-s", other.address) if other else ("-i", "eth0")
        self._filter("-A", "INPUT", *source, "-j", "DROP")

    def lose(self, share):
        """Drop a share of all packets that come in or go out."""
        for chain, direction in (("INPUT", "-i"), ("OUTPUT", "-o")):
            often = ("-m", "statistic", "--mode", "random", "--probability", str(share))
            self._filter("-A", chain, direction, "eth0", *often, "-j", "DROP")

    def mend(self):
        """End cuts and losses."""
        self._filter("-F")

    def delay(self, seconds):
        """Make every packet to and from this host take so long, in each direction."""
        there, spare = self._bridge, f"{self._port}w"
        _ip("-n", there, "link", "add", spare, "type", "veth", "peer", "name", f"{spare}b")
        _ip("-n", there, "link", "set", self._port, "nomaster")
        _ip("-n", there, "link", "set", f"{spare}b", "master", "bridge", "up")
        _ip("-n", there, "link", "set", spare, "up")
        words = ["ip", "netns", "exec", there, sys.executable, WIRE, self._port, spare, str(seconds)]
        self._wire = subprocess.Popen(words)

    def undelay(self):
        self._wire.terminate()
        self._wire.wait()
        _ip("-n", self._bridge, "link", "del", f"{self._port}w")
        _ip("-n", self._bridge, "link", "set", self._port, "master", "bridge")

    def vanish(self):
        """Lose power: the link is down before the processes die, so nobody is told."""
        _ip("-n", self._bridge, "link", "set", self._port, "down")
        self.disappear()

    def disappear(self):
        """End all processes of the host and remove it."""
        deadline = time.monotonic() + 20
        while pids := self._pids():
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            assert time.monotonic() < deadline, f"{self.name} has processes that do not end: {pids}"
            time.sleep(0.05)
        # A namespace lives on while somebody has a socket in it.
        for words in (("-n", self._bridge, "link", "del", self._port), ("netns", "del", self._namespace)):
            subprocess.run(["ip", *words], check=False, capture_output=True)

    def _pids(self):
        found = subprocess.run(
            ["ip", "netns", "pids", self._namespace], capture_output=True, text=True, check=False
        ).stdout.split()
        return [pid for pid in map(int, found) if pid != os.getpid() and not _is_dead(pid)]

    def _filter(self, *words):
        command = self.inside([find("iptables"), "-w", *words])
        subprocess.run(command, check=True, capture_output=True, text=True)


def _is_dead(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def _send_whole_packets(interface):
    """Leave no checksum to hardware that does not exist: `wire.py` forwards what is sent."""
    for command in (_SET_CHECKSUMS, _SET_SEGMENTATION):
        value = array.array("B", struct.pack("II", command, 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            fcntl.ioctl(control, _ETHTOOL, struct.pack("16sP16x", interface.encode(), value.buffer_info()[0]))


def _enter(namespace):
    if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "setns")


def _ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
