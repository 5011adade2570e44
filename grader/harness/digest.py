"""The digest of the harness: grader and sandbox must run the same version."""

import hashlib
from functools import cache
from pathlib import Path


@cache
def digest() -> str:
    """Return the digest of all Python sources in this folder and below; it is the same inside a sandbox and outside."""
    folder = Path(__file__).parent
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        whole.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()[:16]
