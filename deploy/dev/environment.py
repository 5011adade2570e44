"""The environment `.venv`: every locked package of every part. Needs only a Python of `PYTHONS`."""

import sys
from pathlib import Path

from deploy.dev.base import REQUIREMENTS, VENV, SetupError, digest, main, only_one, run, say, succeeds
from deploy.dev.debian import can_install, install
from deploy.dev.wheels import TORCH, pip, with_torch

PARTS = [REQUIREMENTS / f"{part}.txt" for part in ("web", "grader", "sandbox", "dev")]
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "chainrule.stamp"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
"""The versions of Python that Chainrule runs on, the oldest first. Torch has a build for each of them."""


def make_environment() -> None:
    """Install what the locks list into `.venv`; nothing is done if it is up to date."""
    with only_one("environment"):
        wanted = digest([*PARTS, *TORCH.values()])
        if STAMP.exists() and STAMP.read_text() == wanted and succeeds([PYTHON, "-c", ""]):
            return
        make_venv()
        install_packages()
        STAMP.write_text(wanted)


def make_venv() -> None:
    """Make an empty environment, unless there is one of a Python that Chainrule runs on."""
    if succeeds([PYTHON, "-c", f"import pip, sys; sys.exit('%d.%d' % sys.version_info[:2] not in {PYTHONS})"]):
        return
    if "{}.{}".format(*sys.version_info[:2]) not in PYTHONS:
        raise SetupError(
            f"Chainrule needs Python {PYTHONS[0]} to {PYTHONS[-1]}, this is {sys.version.split()[0]}: "
            f"make PYTHON=/path/to/python{PYTHONS[-2]}"
        )
    if not succeeds([sys.executable, "-c", "import ensurepip"]) and can_install():
        install(["python3-venv"])
    say(f"making {VENV.name} with Python {sys.version.split()[0]}")
    run([sys.executable, "-m", "venv", "--clear", VENV])


def install_packages() -> None:
    """Install the locked packages with their hashes checked, and check that they fit together."""
    say("installing the locked packages (a minute or two, once)")
    if not pip(["install", *from_files(PARTS)]):
        raise SetupError("pip could not install the locked packages: see its message above")
    with_torch(["install"])
    run([PYTHON, "-m", "pip", "check", "-q"])


def from_files(paths: list[Path]) -> list[str | Path]:
    """The options of pip for these requirement files."""
    return [option for path in paths for option in ("-r", path)]


if __name__ == "__main__":
    main(make_environment)
