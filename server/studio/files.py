"""The files of a package as the studio shows them: the tree, the open file, and why a package cannot be read."""

import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from grader.errors import PackageError
from grader.packages.lessons import read_lesson
from grader.packages.manifest import read_manifest
from server.packages.models import CoursePackage, DraftFile, PackageKind

MOST_TEXT = 512 * 1024
"""Bytes of a text that the editor opens."""
FIRST = (
    "lesson.md", "exercise.toml", "statement.md", "solution.py", "starter.py", "reference.py", "checks.py",
    "messages.toml", "mistakes.toml", "variant.py",
)  # fmt: skip
LANGUAGES = {".py": "python", ".md": "markdown", ".toml": "toml"}
MAIN = {PackageKind.EXERCISE: "exercise.toml", PackageKind.LESSON: "lesson.md"}
_LINE = re.compile(r"at line (?P<line>\d+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class TreeFile:
    """A file in the tree. `name` is the last part of its path; `problems` counts those of the last verification."""

    path: str
    name: str
    problems: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TreeFolder:
    """The files of a folder, "" for those outside of all folders."""

    name: str
    files: list[TreeFile]


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenFile:
    """The file in the editor. `text` is None if it is no text, or too long to edit here."""

    path: str
    revision: int
    size: int
    text: str | None

    @property
    def language(self) -> str:
        """How the editor colours it."""
        return LANGUAGES.get(PurePosixPath(self.path).suffix, "text")

    @property
    def can_run(self) -> bool:
        """Whether it is an answer that can be graded."""
        return self.path in {"solution.py", "starter.py"} or (
            self.path.endswith(".py") and self.path.partition("/")[0] in {"mistakes", "alternatives"}
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """Why a package cannot be read: the file, the line if it is known, and a sentence."""

    path: str
    line: int | None
    text: str


def tree(paths: Iterable[str], problems: Mapping[str, int]) -> list[TreeFolder]:
    """Return the folders of a package with their files: those that every package has first."""
    folders: dict[str, list[TreeFile]] = {}
    for path in sorted(paths, key=_order):
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder, []).append(TreeFile(path=path, name=name, problems=problems.get(path, 0)))
    return [TreeFolder(name=name, files=files) for name, files in folders.items()]


def _order(path: str) -> tuple[bool, int, str]:
    return "/" in path, FIRST.index(path) if path in FIRST else len(FIRST), path


def opened(file: DraftFile) -> OpenFile:
    """Return a file for the editor."""
    return OpenFile(path=file.path, revision=file.revision, size=file.size, text=text_of(bytes(file.content)))


def text_of(content: bytes) -> str | None:
    """Return the text of a file; None if it is none, or too long to edit on a page."""
    if len(content) > MOST_TEXT or b"\0" in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def title_of(package: CoursePackage, content: bytes | None) -> str:
    """Return the title that the package's main file names; the slug if that cannot be read."""
    found = _read(PackageKind(package.kind), content or b"")
    return found if isinstance(found, str) and found.strip() else package.slug


def trouble_of(package: CoursePackage, content: bytes | None) -> Trouble | None:
    """Return why the main file of a package cannot be read; None if it can."""
    found = _read(PackageKind(package.kind), content or b"")
    return None if isinstance(found, str) else found


@lru_cache(maxsize=1024)
def _read(kind: PackageKind, content: bytes) -> str | Trouble:
    """Return the title in a main file, or why there is none."""
    main = MAIN[kind]
    if not content:
        return Trouble(path=main, line=None, text="The file is missing. Every package needs one.")
    with tempfile.TemporaryDirectory() as folder:
        # Lessons of the library are named by a number: this name is only for reading.
        path = Path(folder) / ("01_lesson.md" if kind == PackageKind.LESSON else main)
        path.write_bytes(content)
        try:
            return read_lesson(path).title if kind == PackageKind.LESSON else read_manifest(path).title
        except (PackageError, UnicodeDecodeError, RecursionError) as error:
            text = str(error).replace(f"{path}: ", "")
    line = _LINE.search(text)
    return Trouble(path=main, line=int(line["line"]) if line else None, text=text)
