"""What a sandbox has beside Python: the program that it starts, parts of the grader, and packages.

A learner's sandbox has the harness and torch. The author's instance has these and one more layer, read-only: the
grader's checks, packages and references, which the code of a course's exercise needs. No other sandbox has that layer.
"""

import hashlib
import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

GRADER = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """The parts of one kind of sandbox.

    `program` is the file to start, below `grader/`. `parts` are files and folders of the grader beside the harness.
    `roots` are packages beside those of every sandbox, and `has_datasets` whether it has the files of data sets.
    """

    program: str
    parts: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    has_datasets: bool = False


LEARNER = Layer(program="harness/__main__.py")
AUTHOR = Layer(
    program="author_instance/__main__.py",
    parts=(
        *("author_instance", "checks", "grading", "packages", "protocol", "references", "sandboxes"),
        *("authoring.py", "errors.py"),
    ),
    roots=("msgspec", "structlog"),
    has_datasets=True,
)


def datasets() -> Path | None:
    """Return the folder of the data sets in this environment, as it lies below `site`; None if it is not installed."""
    spec = importlib.util.find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "datasets" / "data"


@cache
def author_digest() -> str:
    """Return the digest of the sources of the author's layer; it is the same inside a sandbox and outside."""
    whole = hashlib.sha256()
    for part in AUTHOR.parts:
        path = GRADER / part
        for source in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            whole.update(str(source.relative_to(GRADER)).encode() + b"\0" + source.read_bytes() + b"\0")
    return whole.hexdigest()[:16]
