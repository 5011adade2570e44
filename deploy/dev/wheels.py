"""Wheels, which pip downloads with their hashes checked.

torch has two locks. The CPU build is tried first. If pip's indexes do not have it, the CUDA build from the default
index is used, which also works on a CPU but is several times as large.
"""

import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.dev.base import REQUIREMENTS, VAR, VENV, SetupError, digest, only_one, say, succeeds
from grader.sandboxes.layers import AUTHOR

SANDBOX = REQUIREMENTS / "sandbox.txt"
TORCH = {"cpu": REQUIREMENTS / "torch-cpu.txt", "gpu": REQUIREMENTS / "torch-cuda.txt"}
# A lock is complete, so pip must resolve nothing. If it does, pip before 23.3 ignores the pin of a package that another
# one requires with an extra (`coverage[toml]`), and fails as soon as a newer release of it exists.
_LOCKED = ("--no-deps", "--require-hashes", "--only-binary=:all:")
# The images have this Python, whichever one `.venv` has.
IMAGE_PYTHON = "3.11"
_PLATFORMS = ("manylinux_2_28", "manylinux_2_17", "manylinux2014", "manylinux_2_12", "manylinux1", "linux")


def pip(arguments: Sequence[str | Path], *, quiet: bool = False) -> bool:
    """Run the environment's pip for locked packages; whether it succeeded.

    The first of the arguments is pip's command. If `quiet` is set, its errors are not shown.
    """
    python = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "-q"]
    command = [*python, *map(str, arguments), *_LOCKED]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0 and not quiet:
        print(done.stderr, file=sys.stderr)
    return done.returncode == 0


def with_torch(arguments: Sequence[str | Path]) -> None:
    """Run pip with torch's CPU lock, or with its CUDA lock if no index has the CPU build. Raises SetupError."""
    if pip([*arguments, "-r", TORCH["cpu"]], quiet=True):
        return
    say("pip finds no CPU build of torch (PIP_EXTRA_INDEX_URL can name an index that has it); taking the CUDA build")
    with_cuda(arguments)


def with_cuda(arguments: Sequence[str | Path]) -> None:
    """Run pip with torch's CUDA lock. Raises SetupError if it fails."""
    if not pip([*arguments, "-r", TORCH["gpu"]]):
        raise SetupError("pip could not get torch: see its message above")


def sandbox_wheels(kind: str) -> Path:
    """The folder with every wheel of a sandbox ("cpu" or "gpu"), downloaded if it does not exist."""
    with_its_torch = with_torch if kind == "cpu" else with_cuda
    return fetched(f"sandbox-{kind}", [SANDBOX, TORCH[kind]], with_its_torch, SANDBOX)


def part_wheels(part: str) -> Path:
    """The folder with every wheel of a part ("web", or "grader" without torch), downloaded if it does not exist."""
    lock = REQUIREMENTS / f"{part}.txt"
    return fetched(part, [lock], without_torch, lock)


def author_wheels() -> Path:
    """The folder with the wheels that the author's instance has in addition, downloaded if it does not exist."""
    lock = VAR / "wheels" / "author.txt"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text("\n".join(_pins(REQUIREMENTS / "grader.txt", AUTHOR.roots)), encoding="utf-8")
    return fetched("author", [lock], without_torch, lock)


def _pins(lock: Path, names: Sequence[str]) -> list[str]:
    """The lines of a lock that pin these packages, with their hashes."""
    blocks = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8"))
    found = [block for block in blocks if block.partition("==")[0] in names]
    return [line for block in found for line in block.splitlines() if not line.strip().startswith("#")]


def fetched(name: str, locks: Sequence[Path], download: Callable[[list[str | Path]], None], lock: Path) -> Path:
    """The folder with the wheels of these locks; if it does not exist, `download` runs pip."""
    folder = VAR / "wheels" / f"{name}-{digest(locks)}"
    with only_one("wheels"):
        if not folder.is_dir():
            say(f"fetching the packages of {name}")
            fresh = folder.with_suffix(".part")
            shutil.rmtree(fresh, ignore_errors=True)
            download(["download", *_for_image(), "--dest", fresh, "-r", lock])
            fresh.rename(folder)
    return folder


def _for_image() -> list[str]:
    """The options of `pip download` for the images' Python; none if `.venv` has the same."""
    is_another = f"import sys; sys.exit('%d.%d' % sys.version_info[:2] != '{IMAGE_PYTHON}')"
    if succeeds([VENV / "bin" / "python", "-c", is_another]):
        return []
    tag, machine = f"cp{IMAGE_PYTHON.replace('.', '')}", platform.machine()
    platforms = [option for name in _PLATFORMS for option in ("--platform", f"{name}_{machine}")]
    abis = [option for abi in (tag, "abi3", "none") for option in ("--abi", abi)]
    return ["--python-version", IMAGE_PYTHON, "--implementation", "cp", *abis, *platforms]


def without_torch(arguments: Sequence[str | Path]) -> None:
    """Run pip without torch. Raises SetupError if it fails."""
    if not pip(arguments):
        raise SetupError("pip could not get the packages: see its message above")
