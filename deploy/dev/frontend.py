"""The front end's bundle, which npm builds when its sources have changed.

If the machine has no Node, a wheel brings it. Standard library only.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from deploy.dev.base import REQUIREMENTS, ROOT, VENV, SetupError, digest, main, only_one, run, say
from deploy.dev.wheels import pip

SOURCES = ROOT / "server" / "web" / "frontend"
BUILT = ROOT / "server" / "web" / "static" / "build"
STAMP = BUILT / ".sources"
OLDEST_NODE = 18
# npm does not print that a newer npm exists: people who run set-up do not choose its version.
QUIET = {"NPM_CONFIG_UPDATE_NOTIFIER": "false"}


def build_frontend() -> None:
    """Build the bundle; nothing is done if its sources have not changed."""
    with only_one("frontend"):
        wanted = digest(sources())
        if STAMP.exists() and STAMP.read_text() == wanted:
            return
        env = with_node()
        say("building the front end")
        run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=SOURCES, env=env)
        run(["npm", "run", "--silent", "build"], cwd=SOURCES, env=env)
        if not BUILT.is_dir():
            raise SetupError(f"the front end's build did not make {BUILT.relative_to(ROOT)}")
        STAMP.write_text(wanted)


def sources() -> list[Path]:
    """The files that the bundle is made of."""
    files = (path for path in SOURCES.rglob("*") if path.is_file())
    return [path for path in files if "node_modules" not in path.parts]


def with_node() -> Mapping[str, str]:
    """The variables with which `npm` and `node` are found. If the machine has none, a wheel is installed first.

    Raises SetupError if that fails.
    """
    if node_version() >= OLDEST_NODE and shutil.which("npm"):
        return QUIET
    say("no Node on this machine: installing a wheel of it")
    if not pip(["install", "-r", REQUIREMENTS / "node.txt"]):
        raise SetupError(f"the front end needs Node {OLDEST_NODE} or newer with npm")
    return QUIET | {"PATH": os.pathsep.join([str(VENV / "bin"), os.environ.get("PATH", "")])}


def node_version() -> int:
    """The major version of the machine's Node; 0 if there is none."""
    try:
        output = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    return int(output.strip().lstrip("v").split(".")[0])


if __name__ == "__main__":
    main(build_frontend)
