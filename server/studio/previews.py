"""How students read a statement or a lesson: safe HTML, made from a text that an author edits."""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import PackageError
from grader.packages.catalogue import PLACEHOLDER
from grader.packages.lessons import Block, Place, Prose, read_lesson
from server.catalogue.lessons import Piece
from server.catalogue.markdown import render
from server.packages.models import CoursePackage, PackageKind

MAIN_TEXT = {PackageKind.EXERCISE: "statement.md", PackageKind.LESSON: "lesson.md"}
"""The file that students read."""
NEEDS = frozenset({"statement.md", "lesson.md", "variant.py"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What the panel shows: safe `html` of a statement, or the `pieces` of a lesson, or why there is neither.

    `variant` is the number of the variant whose numbers are shown, None without variants; `variants` counts those that
    are known, 0 before the first verification.
    """

    html: str = ""
    pieces: tuple[Piece, ...] = ()
    complaint: str = ""
    title: str = ""
    variant: int | None = None
    variants: int = 0


def of(package: CoursePackage, contents: Mapping[str, bytes], *, variant: int) -> Preview:
    """Return the preview of a package whose files have these contents.

    If each student gets other numbers, the statement has those of `variant`, as the newest verification computed them.
    """
    main = MAIN_TEXT[PackageKind(package.kind)]
    text = contents.get(main, b"").decode(errors="replace")
    if not text.strip():
        return Preview(complaint=f"{main} is empty.")
    if package.kind == PackageKind.LESSON:
        return _lesson(text)
    if "variant.py" not in contents:
        return Preview(html=render(text))
    variants = _variants(package)
    numbers = variants[variant % len(variants)] if variants else {}
    filled = PLACEHOLDER.sub(lambda match: _number(numbers, match), text)
    return Preview(html=render(filled), variant=variant, variants=len(variants))


def _variants(package: CoursePackage) -> list[dict[str, Any]]:
    """Return the numbers of the variants of the newest version that has some. The website never runs `variant.py`."""
    newest = package.versions.filter(version__variants__isnull=False).order_by("-number")
    found = newest.values_list("version__variants", flat=True).first()
    return found if isinstance(found, list) else []


def _number(numbers: Mapping[str, Any], match: re.Match[str]) -> str:
    number = numbers.get(match["name"])
    if number is None:
        return match[0]
    return str(number) if isinstance(number, int) else f"{number:g}"


def _lesson(text: str) -> Preview:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "01_lesson.md"
        path.write_text(text, encoding="utf-8", errors="replace")
        try:
            lesson = read_lesson(path)
        except PackageError as error:
            return Preview(complaint=str(error).replace(f"{path}: ", ""))
    return Preview(title=lesson.title, pieces=tuple(_piece(part) for part in lesson.parts))


def _piece(part: Prose | Block | Place) -> Piece:
    match part:
        case Prose(markdown):
            return Piece(html=render(markdown))
        case Block():
            return Piece(block=part)
        case Place(slug):
            return Piece(exercise=slug)
