"""The few names that every set-up step shares: folders, a way to say what happens, a way to run a command."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
VENV = ROOT / ".venv"
REQUIREMENTS = ROOT / "deploy" / "requirements"


class SetupError(Exception):
    """Set-up cannot go on. The message says what is missing and how to get it."""


def say(text: str) -> None:
    """Tell the person at the terminal what is going on."""
    print(f"chainrule: {text}", flush=True)


def run(
    command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path = ROOT, errors_only: bool = False
) -> None:
    """Run a command in the repository's root with its output shown; a failure ends set-up and names the command."""
    words = [str(word) for word in command]
    output = subprocess.DEVNULL if errors_only else None
    try:
        code = subprocess.run(words, cwd=cwd, env={**os.environ, **(env or {})}, stdout=output, check=False).returncode
    except FileNotFoundError:
        raise SetupError(f"{words[0]} is not installed") from None
    if code != 0:
        raise SetupError(f"this command failed with exit code {code}: {' '.join(words)}")


def succeeds(command: Sequence[str | Path]) -> bool:
    """Whether a quiet command can be run and ends well."""
    try:
        done = subprocess.run(
            [str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )
    except OSError:
        return False
    return done.returncode == 0


def digest(paths: Sequence[Path]) -> str:
    """The first twelve hexadecimal digits of the SHA-256 over these files, their names included."""
    total = sha256()
    for path in sorted(paths):
        total.update(str(path.relative_to(ROOT)).encode() + b"\0" + sha256(path.read_bytes()).digest())
    return total.hexdigest()[:12]


@contextmanager
def only_one(name: str) -> Iterator[None]:
    """Let one process at a time through; the others wait their turn."""
    locks = VAR / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with (locks / name).open("w") as file:
        flock(file, LOCK_EX)
        yield


def main(step: Callable[[], object]) -> None:
    """Run a step as a command: a `SetupError` becomes one readable line and exit code 1."""
    try:
        step()
    except SetupError as error:
        print(f"chainrule: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
