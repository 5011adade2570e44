"""Which content of the repository has passed `make test`, for `make release`.

A content is git's tree of a commit: it stays the same if only a commit's message changes.
"""

import subprocess
from pathlib import Path

from deploy.dev.base import ROOT, VAR

NOTE = VAR / "passed"


def committed_tree(root: Path = ROOT) -> str | None:
    """The tree of HEAD; None if files differ from it, or without git."""
    if git(root, "status", "--porcelain") != "":
        return None
    return git(root, "rev-parse", "HEAD^{tree}")


def note_passed(tree: str | None, root: Path = ROOT, note: Path = NOTE) -> None:
    """Note that a tree has passed; nothing is noted if it is None or files have changed since."""
    if tree and tree == committed_tree(root):
        note.write_text(tree)


def git(root: Path, *words: str) -> str | None:
    """What a git command prints; None if it fails."""
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None
