"""The files of another commit, so that a measurement can compare two versions in one run."""

import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests.support.system import ROOT

# Made by set-up and not in git. A page without it has no styles and scripts.
FRONT_END = Path("server/web/static/build")


@contextmanager
def checkout_of(revision):
    """A folder with the files of a commit, and this folder's built front end. It is removed when the block ends.

    Raises SystemExit with a sentence if there is no such commit.
    """
    found = git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if found.returncode != 0:
        raise SystemExit(f"git knows no commit {revision!r}")
    with tempfile.TemporaryDirectory(prefix="chainrule-revision-") as name:
        folder = Path(name) / "files"
        git("worktree", "add", "--detach", "--force", str(folder), found.stdout.strip()).check_returncode()
        try:
            (folder / FRONT_END).symlink_to((ROOT / FRONT_END).resolve())
            yield folder
        finally:
            git("worktree", "remove", "--force", str(folder))


def git(*words):
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
