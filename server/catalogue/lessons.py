"""Lessons for pages: text as HTML, code, and places of exercises. A lesson is read again when its file changes."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from grader.packages.lessons import Block, Lesson, Part, Place, Prose, lessons_folder, parse_lesson, read_lesson
from server.catalogue.markdown import render


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """One part of a lesson, of which one field is set: safe `html`, a `block` of code, or the slug of an `exercise`."""

    html: str = ""
    block: Block | None = None
    exercise: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LessonText:
    """One version of a lesson. `library` is "" for a lesson of the installation, else the course that it belongs to.

    Its slug is the name in its address. For a lesson of a course it has a dot, as in `week-1.intro`.
    """

    number: int
    slug: str
    title: str
    pieces: tuple[Piece, ...]
    blocks: tuple[Block, ...]
    exercises: tuple[str, ...]
    library: str = ""


def lesson_texts() -> list[LessonText]:
    """Return every lesson, in the order of the course; raises PackageError if one is malformed."""
    return [_stamped(path) for path in sorted(lessons_folder().glob("*.md"))]


def _stamped(path: Path) -> LessonText:
    stat = path.stat()
    return _read(path, (stat.st_mtime_ns, stat.st_size))


@lru_cache(maxsize=128)
def _read(path: Path, stamp: tuple[int, int]) -> LessonText:
    lesson: Lesson = read_lesson(path)
    return LessonText(
        number=lesson.number,
        slug=lesson.slug,
        title=lesson.title,
        pieces=tuple(_piece(part) for part in lesson.parts),
        blocks=lesson.blocks,
        exercises=lesson.exercises,
    )


def text_of_own(slug: str, library: str, text: str, *, number: int) -> LessonText:
    """Return the lesson of a course, given its text. Raises PackageError if it is malformed."""
    title, parts = parse_lesson(text, "lesson.md")
    return LessonText(
        number=number,
        slug=slug.replace("/", "."),
        title=title,
        pieces=tuple(_piece(part) for part in parts),
        blocks=tuple(part for part in parts if isinstance(part, Block)),
        exercises=tuple(part.slug for part in parts if isinstance(part, Place)),
        library=library,
    )


def _piece(part: Part) -> Piece:
    match part:
        case Prose(markdown):
            return Piece(html=render(markdown))
        case Block():
            return Piece(block=part)
        case Place(slug):
            return Piece(exercise=slug)
