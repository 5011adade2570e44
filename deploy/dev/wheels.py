"""Wheels, downloaded and installed with their hashes checked.

uv installs, because pip needs twenty times as much processor time for it. uv does not read pip's settings, so it gets
those that say where packages are. If uv cannot be had or fails, pip installs.

torch has two locks. The CPU build is tried first. If pip's indexes do not have it, the CUDA build from the default
index is used, which also works on a CPU but is several times as large.
"""

import ast
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from deploy.dev.base import REQUIREMENTS, VAR, VENV, SetupError, digest, only_one, say, succeeds
from grader.sandboxes.layers import AUTHOR

SANDBOX = REQUIREMENTS / "sandbox.txt"
TORCH = {"cpu": REQUIREMENTS / "torch-cpu.txt", "gpu": REQUIREMENTS / "torch-cuda.txt"}
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
# A lock is complete, so pip must resolve nothing. If it does, pip before 23.3 ignores the pin of a package that another
# one requires with an extra (`coverage[toml]`), and fails as soon as a newer release of it exists.
_LOCKED = ("--no-deps", "--require-hashes", "--only-binary=:all:")
# The images have this Python, whichever one `.venv` has.
IMAGE_PYTHON = "3.11"
_PLATFORMS = ("manylinux_2_28", "manylinux_2_17", "manylinux2014", "manylinux_2_12", "manylinux1", "linux")


# pip's settings that say where packages are, each with uv's variable for it.
_INDEX_VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}


def get_uv() -> None:
    """Install the locked uv into the environment if it has none. If that fails, pip does uv's work."""
    if uv_program() is None:
        lock = lock_of("uv", REQUIREMENTS / "dev.txt", ["uv"])
        pip(["install", "--no-compile", "-r", lock], quiet=True)


def uv_program() -> Path | None:
    """The environment's uv; None if it has none."""
    program = VENV / "bin" / "uv"
    return program if program.exists() else None


def index_variables(settings: Iterable[str]) -> dict[str, str]:
    """Variables of uv for the lines of `pip config list`. Variables of the environment count more than files."""
    order = ("global", "install", ":env:")
    found: dict[str, str] = {}
    pairs = [line.partition("=") for line in settings]
    known = [(*key.partition("."), value) for key, _, value in pairs if key.partition(".")[0] in order]
    for _, _, name, value in sorted(known, key=lambda setting: order.index(setting[0])):
        if name in _INDEX_VARIABLES:
            between = "," if name == "find-links" else " "
            found[_INDEX_VARIABLES[name]] = between.join(ast.literal_eval(value).split())
    return found


def uv_environment() -> Mapping[str, str]:
    """The environment's variables for uv, with pip's indexes unless uv's own variables are set."""
    command = [VENV / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "config", "list"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    return index_variables(done.stdout.splitlines()) | os.environ


def uv_installs(arguments: Sequence[str | Path]) -> bool:
    """Install locked packages with uv; whether that succeeded. The arguments are those of `pip install`."""
    uv = uv_program()
    if uv is None:
        return False
    # As pip does, uv must look at every index for a version. The hashes say that it is the right file.
    command = [uv, "pip", "install", "-q", "--python", VENV / "bin" / "python", "--index-strategy", "unsafe-best-match"]
    words = [*map(str, command), *map(str, arguments), *_LOCKED]
    return subprocess.run(words, env=uv_environment(), capture_output=True, check=False).returncode == 0


def pip(arguments: Sequence[str | Path], *, quiet: bool = False) -> bool:
    """Run a command of pip for locked packages in the environment; whether it succeeded.

    The first of the arguments is the command. uv runs `install`; if that fails, pip tries again, so that the errors
    are pip's. If `quiet` is set, they are not shown.
    """
    if arguments[0] == "install" and uv_installs(arguments[1:]):
        return True
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
    say(
        "no index here has torch without CUDA for this Python. To get it, stop this with Ctrl+C and run the same "
        f"command after `export PIP_EXTRA_INDEX_URL={CPU_INDEX}`; now downloading the CUDA build, about 5 GB more"
    )
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
    lock = lock_of("author", REQUIREMENTS / "grader.txt", AUTHOR.roots)
    return fetched("author", [lock], without_torch, lock)


def lock_of(name: str, lock: Path, packages: Sequence[str]) -> Path:
    """Write the pins that a lock has of these packages into a file, and return its path."""
    file = VAR / "wheels" / f"{name}.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(_pins(lock, packages)), encoding="utf-8")
    return file


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
