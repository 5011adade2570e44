"""A print of the code that server and graders share; the version is `grader.VERSION`.

Two processes with the same print run the same code. Standard library only.
"""

import hashlib
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).resolve().parents[1]


@cache
def build() -> str:
    """Return twelve hexadecimal digits that differ if any file of the package `grader` does."""
    digest = hashlib.sha256()
    for path in sorted(_FOLDER.rglob("*.py")):
        digest.update(f"{path.relative_to(_FOLDER)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]
