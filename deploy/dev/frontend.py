"""The front end's bundle, built by npm when its sources have changed.

Node comes from the machine, or else from a wheel. Standard library only.
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
# Which npm there is, is not for who runs set-up to change.
QUIET = {"NPM_CONFIG_UPDATE_NOTIFIER": "false"}


def build_frontend() -> None:
    """Build the bundle; does nothing where the sources are those it was built from."""
    with only_one("frontend"):
        wanted = digest(sources())
        if STAMP.exists() and STAMP.read_text() == wanted:
            return
        env = with_node()
        say("building the front end")
        run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=SOURCES, env=env)
        run(["npm", "run", "--silent", "build"], cwd=SOURCES, env=env)
        if not BUILT.is_dir():
            raise SetupError(f"the front end's build made no {BUILT.relative_to(ROOT)}")
        STAMP.write_text(wanted)


def sources() -> list[Path]:
    """The files that the bundle is made of."""
    files = (path for path in SOURCES.rglob("*") if path.is_file())
    return [path for path in files if "node_modules" not in path.parts]


def with_node() -> Mapping[str, str]:
    """The environment variables under which `npm` and `node` are found, from a wheel where the machine has none.

    Under them npm does not say that there is a newer npm.
    """
    if node_version() >= OLDEST_NODE and shutil.which("npm"):
        return QUIET
    say("no Node here: taking one from a wheel")
    if not pip(["install", "-r", REQUIREMENTS / "node.txt"]):
        raise SetupError(f"the front end needs Node {OLDEST_NODE} or newer with npm")
    return QUIET | {"PATH": os.pathsep.join([str(VENV / "bin"), os.environ.get("PATH", "")])}


def node_version() -> int:
    """The machine's Node, its first number; 0 where there is none."""
    try:
        said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    return int(said.strip().lstrip("v").split(".")[0])


if __name__ == "__main__":
    main(build_frontend)
