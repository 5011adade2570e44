"""The environment `.venv`: the locked packages. Needs only a Python of `PYTHONS`.

python -m deploy.dev.environment            every part
python -m deploy.dev.environment running    what the demo needs: without the tools for checks and tests
"""

import os
import sys
from pathlib import Path

from deploy.dev.base import REQUIREMENTS, VENV, SetupError, digest, main, only_one, run, say, succeeds
from deploy.dev.debian import can_install, install
from deploy.dev.wheels import TORCH, get_uv, pip, uv_program, with_torch

PARTS = [REQUIREMENTS / f"{part}.txt" for part in ("web", "grader", "sandbox", "dev")]
RUNNING = [path for path in PARTS if path.stem != "dev"]
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "chainrule.stamp"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
"""The versions of Python that Chainrule runs on, the oldest first. Torch has a build for each of them."""


def make_environment(parts: list[Path] = PARTS) -> None:
    """Install the locks of these parts and torch into `.venv`, as far as it does not have them."""
    with only_one("environment"):
        wanted = {path.stem: digest([path, *TORCH.values()]) for path in parts}
        if not missing(wanted, installed()):
            return
        make_venv()
        new = missing(wanted, installed())
        install_packages([path for path in parts if path.stem in new])
        now = installed() | wanted
        STAMP.write_text("".join(f"{name} {content}\n" for name, content in sorted(now.items())))


def installed() -> dict[str, str]:
    """The parts that `.venv` has, each with the digest of its lock; none if its Python does not start."""
    if not STAMP.exists() or not succeeds([PYTHON, "-c", ""]):
        return {}
    words = [line.split() for line in STAMP.read_text().splitlines()]
    return {line[0]: line[1] for line in words if len(line) == 2}


def missing(wanted: dict[str, str], present: dict[str, str]) -> set[str]:
    """The names of the parts that `.venv` does not have, or has from another lock."""
    return {name for name, content in wanted.items() if present.get(name) != content}


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


def install_packages(parts: list[Path]) -> None:
    """Install the locked packages of parts with their hashes checked, and check that they fit together."""
    say(f"installing the locked packages of {', '.join(path.stem for path in parts)} (a minute or two, once)")
    get_uv()
    if not pip(["install", *from_files(parts)]):
        raise SetupError("the locked packages could not be installed: see the message above")
    if any(path in RUNNING for path in parts):
        with_torch(["install"])
    uv = uv_program()
    run([uv, "pip", "check", "-q", "--python", PYTHON] if uv else [PYTHON, "-m", "pip", "check", "-q"])
    compile_packages(everything=not set(parts) <= set(RUNNING))


def compile_packages(*, everything: bool) -> None:
    """Write the bytecode of all packages, or of what a sandbox imports: a sandbox cannot write it itself.

    The demo compiles the rest when it is ready (`compile_command`).
    """
    if everything:
        # A few packages have files for other versions of Python, so the exit code says nothing.
        succeeds(compile_command(workers=os.cpu_count() or 1))
    else:
        run([PYTHON, "-c", "import matplotlib.pyplot, safetensors.numpy, torch"])


def compile_command(*, workers: int) -> list[str | Path]:
    """The command that writes the bytecode of every package that has none."""
    return [PYTHON, "-m", "compileall", "-qq", "-j", str(workers), *VENV.glob("lib/python*/site-packages")]


def from_files(paths: list[Path]) -> list[str | Path]:
    """The options of pip for these requirement files."""
    return [option for path in paths for option in ("-r", path)]


if __name__ == "__main__":
    main(lambda: make_environment(RUNNING if sys.argv[1:] == ["running"] else PARTS))
