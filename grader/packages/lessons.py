"""The course text, `exercises/lessons/NN_name.md`, taken apart for the page. Without torch: the web server reads it.

+++
title = "Tensors that remember"
+++

Markdown with TeX. Three things are on lines of their own:

    ```python          a block that learners can run; the blocks of one lesson share their names, in order
    ```text            optional, right after it: exactly what it prints
    {exercise tracking/leaf-tensors}
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from grader.errors import PackageError
from grader.packages.catalogue import SLUG, exercises_folder

_FILE = re.compile(r"(?P<number>\d\d)_(?P<slug>[a-z0-9_]+)\.md")
_FRONT = re.compile(r"\+\+\+\n(?P<toml>.*?)^\+\+\+$\n?", re.DOTALL | re.MULTILINE)
_PARTS = re.compile(
    r"^```python\n(?P<source>.*?)^```$(?:\n+^```text\n(?P<output>.*?)^```$)?|^\{exercise (?P<exercise>\S*)\}$",
    re.DOTALL | re.MULTILINE,
)


class _Front(msgspec.Struct, forbid_unknown_fields=True):
    """The part between the +++ lines."""

    title: str


@dataclass(frozen=True, slots=True)
class Prose:
    """Markdown, up to the next block or exercise."""

    markdown: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """Code that runs after all blocks before it, and what it then prints ("" if nothing)."""

    number: int
    source: str
    output: str


@dataclass(frozen=True, slots=True)
class Place:
    """The place of an exercise in the text."""

    slug: str


Part = Prose | Block | Place


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """One lesson; `number` is its place in the course, from 1."""

    number: int
    slug: str
    title: str
    parts: tuple[Part, ...]

    @property
    def exercises(self) -> tuple[str, ...]:
        """The slugs of its exercises, in order."""
        return tuple(part.slug for part in self.parts if isinstance(part, Place))

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Its blocks of code, in order; their numbers count from 1."""
        return tuple(part for part in self.parts if isinstance(part, Block))


def runnable(sources: Sequence[str]) -> str:
    """Return code that runs the last of these blocks after the others, without their output.

    A learner can have changed any of them. The last one's lines are moved down by one.
    """
    *before, last = sources
    setup = _SILENTLY.format(source="".join(before))
    return f"exec({setup!r}, globals())\n{last}"


_SILENTLY = """\
import contextlib as _contextlib, io as _io
with _contextlib.redirect_stdout(_io.StringIO()), _contextlib.redirect_stderr(_io.StringIO()):
    exec({source!r}, globals())
"""


def lessons_folder() -> Path:
    """Return the folder of the lessons, beside the units of the exercises."""
    return exercises_folder() / "lessons"


def lessons() -> list[Lesson]:
    """Return every lesson in the order of the course. Raises PackageError if one is malformed."""
    return [read_lesson(path) for path in sorted(lessons_folder().glob("*.md"))]


def read_lesson(path: Path) -> Lesson:
    """Read one lesson. Raises PackageError, with what to change, if it is malformed."""
    name = _FILE.fullmatch(path.name)
    if name is None:
        raise PackageError(f"{path}: name lessons like 03_vectors.md: two digits, an underscore, small letters.")
    title, parts = parse_lesson(path.read_text(encoding="utf-8"), path)
    return Lesson(number=int(name["number"]), slug=name["slug"].replace("_", "-"), title=title, parts=parts)


def parse_lesson(text: str, path: Path | str) -> tuple[str, tuple[Part, ...]]:
    """Return the title and the parts of a lesson. Raises PackageError, which names `path`, if it is malformed."""
    front = _FRONT.match(text)
    if front is None:
        raise PackageError(f"{path}: begin with a line +++, then `title = ...`, then a line +++.")
    return _title(path, front["toml"]), tuple(_parts(path, text[front.end() :]))


def _title(path: Path | str, front: str) -> str:
    try:
        return msgspec.convert(tomllib.loads(front), _Front).title
    except tomllib.TOMLDecodeError as error:
        raise PackageError(f"{path}: the text between the +++ lines is not TOML: {error}") from error
    except msgspec.ValidationError:
        raise PackageError(f"{path}: write `title`, a string, between the +++ lines, and nothing else.") from None


def _parts(path: Path | str, text: str) -> Iterator[Part]:
    at, number = 0, 0
    for match in _PARTS.finditer(text):
        yield from _prose(text[at : match.start()])
        at = match.end()
        if match["exercise"] is None:
            number += 1
            yield Block(number=number, source=match["source"], output=match["output"] or "")
        elif SLUG.fullmatch(match["exercise"]):
            yield Place(match["exercise"])
        else:
            raise PackageError(f"{path}: {match['exercise']!r} is not a slug; write {{exercise unit/name}}.")
    yield from _prose(text[at:])


def _prose(markdown: str) -> Iterator[Prose]:
    if markdown.strip():
        yield Prose(markdown.strip() + "\n")
