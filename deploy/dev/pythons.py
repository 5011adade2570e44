"""`make pythons`: the tests that need no torch, on every Python of this machine that Chainrule runs on.

Each Python gets an environment of its own in `var/pythons`, with the same locks as `.venv` and without torch. For the
tests of torch, `make PYTHON=... test` makes `.venv` with another Python, if pip finds a build for it.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from deploy.dev.base import VAR, VENV, SetupError, digest, main, run, say, succeeds
from deploy.dev.environment import PARTS, PYTHONS, from_files

FOLDER = VAR / "pythons"
# Services that the machine may lack, and code that only runs with torch.
LEFT_OUT = " and ".join(
    f"not {mark}" for mark in ("docker", "bubblewrap", "browser", "redis", "postgres", "slow", "nightly")
)
TESTS = ("tests/server", "tests/grader", "tests/test_imports.py")


def test_all() -> None:
    """Run the tests on each Python that is found. Raises SetupError with those on which they fail."""
    found = dict(interpreters())
    if not found:
        raise SetupError(f"there is no other Python of {', '.join(PYTHONS)} here")
    failed = [version for version, python in found.items() if not is_good(version, python)]
    if failed:
        raise SetupError(f"the tests fail with Python {', '.join(failed)}")
    say(f"the tests that need no torch pass with Python {', '.join(found)}")


def interpreters() -> Iterator[tuple[str, Path]]:
    """Yield each version that is found here, other than the one of `.venv`, with its interpreter."""
    for version in PYTHONS:
        is_it = f"import sys; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
        if succeeds([VENV / "bin" / "python", "-c", is_it]):
            continue
        named = [shutil.which(f"python{version}"), *Path.home().glob(f".pyenv/versions/{version}.*/bin/python")]
        python = next((one for one in named if one and succeeds([one, "-c", is_it])), None)
        if python is not None:
            yield version, Path(python)


def is_good(version: str, python: Path) -> bool:
    """Whether the tests pass with a Python."""
    say(f"testing with Python {version}")
    own = environment(version, python)
    workers = str(os.cpu_count() or 1)
    command: list[str | Path] = [own / "bin" / "python", "-m", "pytest", "-q", "-n", workers, "-m", LEFT_OUT]
    try:
        run([*command, *(sys.argv[1:] or TESTS)])
    except SetupError:
        return False
    return True


def environment(version: str, python: Path) -> Path:
    """Make the environment of a Python, unless it is there with the same locks; return its folder."""
    folder, uv = FOLDER / f"{version}-{digest(PARTS)}", VENV / "bin" / "uv"
    if not (folder / "ready").exists():
        run([uv, "venv", "-q", "--clear", "--python", python, folder])
        install: list[str | Path] = [uv, "pip", "install", "-q", "--python", folder / "bin" / "python"]
        run([*install, "--no-deps", "--require-hashes", *from_files(PARTS)])
        (folder / "ready").touch()
    return folder


if __name__ == "__main__":
    main(test_all)
