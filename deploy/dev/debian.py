"""Install missing programs if this is Debian and we are root; otherwise name them and how to get them.

`PROGRAMS` and `ENGINE` are the only list of Debian packages. `python -m deploy.dev.debian` installs all of it, as the
development container does.
"""

import os
import shutil
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from deploy.dev.base import SetupError, main, run, say

# What developers' commands and the tests need, each with its Debian package.
PROGRAMS = {
    "git": "git",
    "curl": "curl",
    "bwrap": "bubblewrap",
    "chromium": "chromium",
    "redis-server": "redis-server",
    "initdb": "postgresql",
    "mmdebstrap": "mmdebstrap",
    "runsc": "runsc",
    "caddy": "caddy",
    "faketime": "faketime",
    "ip": "iproute2",
    "iptables": "iptables",
    "docker-compose": "docker-compose",
}
# Needed only if no Docker engine answers.
ENGINE = {"dockerd": "docker.io"}


def places() -> str:
    """The PATH with Debian's folders for servers, which are not always on it; PostgreSQL has one for each version."""
    servers = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin", *servers])


def find(command: str) -> str | None:
    """The path of a command or a server; None if it is not installed."""
    return shutil.which(command, path=places())


def can_install() -> bool:
    """Whether we are root on a Debian."""
    release = Path("/etc/os-release")
    return os.geteuid() == 0 and release.exists() and "\nID=debian\n" in "\n" + release.read_text()


def need(packages_by_command: Mapping[str, str]) -> None:
    """Make sure that these commands exist. Raises SetupError with the missing ones if they cannot be installed here."""
    missing = {command: package for command, package in packages_by_command.items() if find(command) is None}
    if not missing:
        return
    if not can_install():
        raise SetupError(
            f"not installed: {', '.join(missing)}. On Debian: apt-get install {' '.join(sorted(set(missing.values())))}"
        )
    install(missing.values())


def install(packages: Iterable[str]) -> None:
    """Install Debian packages without questions, and without starting their servers if the installer allows it."""
    names = sorted(set(packages))
    say(f"installing {', '.join(names)}")
    refresh()
    run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names], env=_QUIET, errors_only=True)


@cache
def refresh() -> None:
    """Fetch the lists of packages, once."""
    run(["apt-get", "update", "-qq"], env=_QUIET, errors_only=True)


# In run level 1 Debian's installers do not start servers. Commands start and stop their own.
_QUIET = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}


if __name__ == "__main__":
    main(lambda: need(PROGRAMS | ENGINE))
