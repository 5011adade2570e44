"""`make quick`: form, types, import contracts, and the tests of what changed. Under 20 seconds once it is warm.

"Changed" is what differs from the commit at which this branch left `main` (BASE names another commit), and files that
git does not track yet. `deploy.dev.affected` says which tests belong to a file. They run without a service; `make test`
runs all tests.

The first run starts mypy's daemon, which takes a minute or two. The daemon exits after an hour without work.

`python -m deploy.dev.quick form contracts` runs only these parts.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.dev.affected import affected_tests
from deploy.dev.base import ROOT, VAR, VENV, SetupError, main, run, say
from deploy.dev.checks import NEEDING_MORE, Parts, chosen_parts, form

BIN = VENV / "bin"
DAEMON: list[str | Path] = ["--status-file", VAR / "dmypy.json"]
IDLE_SECONDS = 3600
# More test files do not fit into 20 seconds: the closest ones run, and the others are printed.
MOST_FILES = 12
NO_TESTS_COLLECTED = 5


def quick(chosen: Sequence[str] = ()) -> None:
    """Run the chosen parts, or all four if none is. Raises SetupError at the first that fails or does not exist."""
    VAR.mkdir(exist_ok=True)
    for name, part in chosen_parts(PARTS, chosen).items():
        timed(name, part)


def timed(name: str, part: Callable[[], object]) -> None:
    """Run a part and print how long it took."""
    begin = time.monotonic()
    part()
    say(f"{name}: {time.monotonic() - begin:.1f} s")


def types() -> None:
    """Check types with mypy's daemon, which starts if none runs."""
    run([BIN / "dmypy", *DAEMON, "run", "--timeout", str(IDLE_SECONDS), "--", "--no-error-summary"])


def contracts() -> None:
    """Check the contracts between packages; the result is printed only if one is broken."""
    done = subprocess.run([BIN / "lint-imports", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(f"an import contract is broken\n{done.stdout}{done.stderr}")


def run_tests(chosen: Sequence[Path]) -> None:
    """Run these test files, the first `MOST_FILES` of them, and print which. Raises SetupError if a test fails."""
    for path in chosen[MOST_FILES:]:
        say(f"not run, as too many tests belong to this change: {path}")
    if not chosen:
        say("no test belongs to what changed")
        return
    files = chosen[:MOST_FILES]
    say(f"tests of what changed: {' '.join(map(str, files))}")
    command: list[str | Path] = [
        BIN / "pytest",
        "-q",
        "-x",
        "-n",
        "0",
        "-m",
        f"not ({' or '.join(NEEDING_MORE)})",
        *files,
    ]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if code not in (0, NO_TESTS_COLLECTED):
        raise SetupError(f"the tests failed: pytest exited with {code}")


def tests_of_changes() -> None:
    """Run the tests that belong to what changed."""
    run_tests(affected_tests(changed_files()))


def changed_files() -> list[Path]:
    """The files that differ from the base commit or are new, as paths below the root; deleted ones are left out."""
    names = {*git("diff", "--name-only", base_commit()), *git("ls-files", "--others", "--exclude-standard")}
    return sorted(Path(name) for name in names if (ROOT / name).is_file())


def base_commit() -> str:
    """The commit to compare with: BASE, or the common ancestor with `main`, or HEAD if there is no `main`."""
    if os.environ.get("BASE"):
        return os.environ["BASE"]
    ancestor = [*git("merge-base", "HEAD", "origin/main"), *git("merge-base", "HEAD", "main"), "HEAD"]
    return ancestor[0]


def git(*words: str) -> list[str]:
    """The lines that a git command prints; empty if it fails."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []


PARTS: Parts = {
    "form": form,
    "types": types,
    "contracts": contracts,
    "tests": tests_of_changes,
}


if __name__ == "__main__":
    main(lambda: quick(sys.argv[1:]))
