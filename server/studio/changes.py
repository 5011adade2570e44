"""The differences between two versions of a package, file by file."""

from collections.abc import Mapping
from dataclasses import dataclass

from server.studio.files import text_of
from server.submissions.rendering.diffs import Diff, side_by_side

MOST_FILES = 60
"""Files whose differences one page shows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FileChange:
    """A file that is not the same in both versions; `diff` is None if one of the two is no text."""

    path: str
    what: str
    diff: Diff | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """The files that differ, and how many more there are than the page shows."""

    files: list[FileChange]
    more: int


def compare_files(left: Mapping[str, bytes], right: Mapping[str, bytes]) -> Changes:
    """Return how the files on the left became those on the right."""
    paths = [path for path in sorted(left.keys() | right.keys()) if left.get(path) != right.get(path)]
    shown = [_change(path, left.get(path), right.get(path)) for path in paths[:MOST_FILES]]
    return Changes(files=shown, more=len(paths) - len(shown))


def _change(path: str, old: bytes | None, new: bytes | None) -> FileChange:
    what = "added" if old is None else "deleted" if new is None else "changed"
    texts = text_of(old or b""), text_of(new or b"")
    both = texts[0] is not None and texts[1] is not None
    return FileChange(path=path, what=what, diff=side_by_side(texts[0] or "", texts[1] or "") if both else None)
