"""What all developers' commands share: folders, a message to the terminal, a way to run a command."""

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
    """Print a message for the person at the terminal."""
    print(f"chainrule: {text}", flush=True)


def run(
    command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path = ROOT, errors_only: bool = False
) -> None:
    """Run a command in the repository's root and show its output. Raises SetupError if it fails."""
    words = [str(word) for word in command]
    output = subprocess.DEVNULL if errors_only else None
    try:
        code = subprocess.run(words, cwd=cwd, env={**os.environ, **(env or {})}, stdout=output, check=False).returncode
    except FileNotFoundError:
        raise SetupError(f"{words[0]} is not installed") from None
    if code != 0:
        raise SetupError(f"this command failed with exit code {code}: {' '.join(words)}")


def succeeds(command: Sequence[str | Path]) -> bool:
    """Whether a command can be run and exits with 0; its output is not shown."""
    try:
        done = subprocess.run(
            [str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )
    except OSError:
        return False
    return done.returncode == 0


def git_files(*, new: bool = False) -> list[Path]:
    """The files that git tracks and that exist, as paths below the root; if `new` is set, those to be added, too."""
    options = ["--cached", "--others", "--exclude-standard"] if new else []
    command = ["git", "ls-files", "-z", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(f"this needs a git checkout: {done.stderr.strip()}")
    return [Path(name) for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def digest(paths: Sequence[Path]) -> str:
    """The first twelve hexadecimal digits of the SHA-256 over these files, their names included."""
    total = sha256()
    for path in sorted(paths):
        total.update(str(path.relative_to(ROOT)).encode() + b"\0" + sha256(path.read_bytes()).digest())
    return total.hexdigest()[:12]


@contextmanager
def only_one(name: str) -> Iterator[None]:
    """Hold the lock with this name; wait if another process holds it."""
    locks = VAR / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with (locks / name).open("w") as file:
        flock(file, LOCK_EX)
        yield


def main(step: Callable[[], object]) -> None:
    """Run a step as a command. If it raises SetupError, print one readable line and exit with 1."""
    try:
        step()
    except SetupError as error:
        print(f"chainrule: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
