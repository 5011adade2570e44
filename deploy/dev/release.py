"""`make release VERSION=0.2.0`: make a release of what has passed `make test`. It pushes nothing.

1. "Unreleased" of the changelog becomes the section of this version, with today's date.
2. `VERSION` in grader/__init__.py, the only place of the version, is set. Both are committed.
3. The commit gets an annotated tag, `v0.2.0`, with the section as its text: these are the release notes.
4. A second commit sets `VERSION` to `0.2.0+dev`, so that nothing made of later code claims to be this release.
"""

import os
import re
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

from deploy.dev.base import ROOT, SetupError, main, say
from deploy.dev.passed import NOTE, committed_tree, git

CHANGELOG = "CHANGELOG.md"
MODULE = "grader/__init__.py"
BRANCH = "main"
FORM = re.compile(r"(\d+)\.(\d+)\.(\d+)")
LINE = re.compile(r'^VERSION = "([^"]+)"$', re.MULTILINE)
UNRELEASED = re.compile(r"^## Unreleased\n(?P<notes>.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)


def release(version: str, *, today: date, root: Path = ROOT, passed: Path = NOTE) -> None:
    """Commit and tag a release. Raises SetupError, and leaves everything as it was, if it is not possible."""
    check_version(version, root)
    check_state(root, passed)
    changelog = (root / CHANGELOG).read_text(encoding="utf-8")
    notes = notes_of(changelog)
    begin = git(root, "rev-parse", "HEAD")
    try:
        (root / CHANGELOG).write_text(with_section(changelog, version, today), encoding="utf-8")
        set_version(root, version)
        commit(root, f"Release {version}")
        must(root, "tag", "--annotate", "--cleanup=verbatim", "-m", f"Chainrule {version}\n\n{notes}\n", f"v{version}")
        set_version(root, f"{version}+dev")
        commit(root, f"Begin after {version}")
    except SetupError:
        # Everything was committed, so this takes back only what stands above.
        git(root, "tag", "--delete", f"v{version}")
        git(root, "reset", "--quiet", "--hard", str(begin))
        raise


def check_version(version: str, root: Path) -> None:
    """Raises SetupError unless this is a version, and newer than every release."""
    if not FORM.fullmatch(version):
        raise SetupError(f"say which version: make release VERSION=0.2.0 (three numbers, not {version!r})")
    released = [tag.removeprefix("v") for tag in (git(root, "tag", "--list", "v*") or "").split()]
    newest = max((numbers(one) for one in released if FORM.fullmatch(one)), default=(0, 0, 0))
    if numbers(version) <= newest:
        raise SetupError(f"{version} is not newer than the last release, {'.'.join(map(str, newest))}")


def check_state(root: Path, passed: Path) -> None:
    """Raises SetupError unless this is `main`, everything is committed, and it has passed `make test`."""
    branch = git(root, "branch", "--show-current")
    if branch != BRANCH:
        raise SetupError(f"releases are made on {BRANCH}; this is {branch or 'no branch'}: git switch {BRANCH}")
    tree = committed_tree(root)
    if tree is None:
        raise SetupError("some files are not committed (git status names them): commit them, or put them away")
    if not passed.exists() or passed.read_text() != tree:
        raise SetupError("`make test` has not passed on this commit: run it first, then release")


def notes_of(changelog: str) -> str:
    """The text under "Unreleased". Raises SetupError if there is none."""
    section = UNRELEASED.search(changelog)
    if section is None:
        raise SetupError(f'{CHANGELOG} has no section "## Unreleased"')
    if not section["notes"].strip():
        raise SetupError(f'nothing stands under "Unreleased" in {CHANGELOG}, so there is nothing to release')
    return section["notes"].strip()


def with_section(changelog: str, version: str, today: date) -> str:
    """The changelog with the text under "Unreleased" moved under this version and date."""
    return changelog.replace("## Unreleased\n", f"## Unreleased\n\n## [{version}] - {today.isoformat()}\n", 1)


def set_version(root: Path, version: str) -> None:
    """Write the version into its module. Raises SetupError if there is no line for it."""
    path = root / MODULE
    text, times = LINE.subn(f'VERSION = "{version}"', path.read_text(encoding="utf-8"))
    if times != 1:
        raise SetupError(f"{MODULE} has no single line VERSION = ...")
    path.write_text(text, encoding="utf-8")


def commit(root: Path, subject: str) -> None:
    """Commit changelog and version. Raises SetupError if git refuses."""
    must(root, "commit", "--quiet", "--only", "-m", subject, "--", CHANGELOG, MODULE)


def must(root: Path, *words: str) -> None:
    """Run a git command. Raises SetupError with its message if it fails."""
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(f"git {words[0]} failed: {(done.stderr or done.stdout).strip()}")


def numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version, to compare it."""
    return tuple(map(int, version.split(".")))


def command() -> None:
    """Make the release that the variable VERSION names."""
    version = os.environ.get("VERSION", "")
    release(version, today=datetime.now(UTC).date())
    say(f"v{version} is tagged; `git show v{version}` shows its notes. Nothing is pushed yet:")
    say(f"    git push origin {BRANCH} v{version}")


if __name__ == "__main__":
    main(command)
