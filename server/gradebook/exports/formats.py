"""The formats of the export, and the function that writes each."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from server.courses.models import Course
from server.gradebook.exports import gradescope, tables
from server.gradebook.exports.sheet import sheet_of

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Format(StrEnum):
    """A format for a course's grades."""

    CSV = "csv"
    XLSX = "xlsx"
    CANVAS = "canvas"
    MOODLE = "moodle"
    GRADESCOPE = "gradescope"


@dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """A file: its name, its media type and its bytes."""

    name: str
    media_type: str
    content: bytes


def _csv(course: Course) -> bytes:
    return tables.to_csv(tables.plain(sheet_of(course)))


def _xlsx(course: Course) -> bytes:
    sheet = sheet_of(course)
    return tables.to_xlsx(
        {
            name: tables.plain(sheet, field)
            for name, field in {"What counts": "final", "Raw": "raw", "Penalties": "penalty"}.items()
        }
    )


def _canvas(course: Course) -> bytes:
    return tables.to_csv(tables.canvas(sheet_of(course)))


def _moodle(course: Course) -> bytes:
    return tables.to_csv(tables.moodle(sheet_of(course)))


# Per format: the end of the file's name, the media type, and the function that writes it.
EXPORTS: dict[Format, tuple[str, str, Callable[[Course], bytes]]] = {
    Format.CSV: ("grades.csv", CSV, _csv),
    Format.XLSX: ("grades.xlsx", XLSX, _xlsx),
    Format.CANVAS: ("canvas.csv", CSV, _canvas),
    Format.MOODLE: ("moodle.csv", CSV, _moodle),
    Format.GRADESCOPE: ("gradescope.zip", "application/zip", gradescope.zipped),
}


def export(course: Course, form: Format) -> Export:
    """Return a course's grades as a file."""
    name, media_type, write = EXPORTS[form]
    return Export(name=f"{course.slug}-{name}", media_type=media_type, content=write(course))
