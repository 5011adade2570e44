"""Removes containers whose owner died before it could remove them.

A container's label names the process that owns it: machine, process id and start time of that process. A container is
removed if its owner was a process of this machine and no longer runs. Containers of other machines are left to those
machines. The supervisor in an orphan has already ended: it exits when nobody holds its input open.
"""

import os
import socket
from contextlib import suppress
from pathlib import Path

import docker
from docker.errors import DockerException

SANDBOX = "org.chainrule.sandbox"
OWNER = "org.chainrule.owner"


def owner() -> str:
    """Return the label's value for this process."""
    return f"{_machine()}:{os.getpid()}:{_started(os.getpid())}"


def remove_orphans(api: docker.APIClient) -> list[str]:
    """Remove the containers of this machine's dead owners; return their ids."""
    removed = []
    for container in api.containers(all=True, filters={"label": [SANDBOX]}):
        if is_orphan(container["Labels"].get(OWNER, "")):
            with suppress(DockerException):
                api.remove_container(container["Id"], force=True, v=True)
                removed.append(container["Id"])
    return removed


def is_orphan(label: str) -> bool:
    """Whether a label names a process of this machine that no longer runs."""
    machine, _, process = label.partition(":")
    pid, _, started = process.partition(":")
    return machine == _machine() and pid.isdigit() and _started(int(pid)) != started


def _machine() -> str:
    # A process id is unique in one PID namespace only, so a container counts as a machine of its own.
    return f"{socket.gethostname()}@{Path('/proc/self/ns/pid').stat().st_ino}"


def _started(pid: int) -> str:
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return "gone"
