"""The formats of the export, and the function that writes each."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from server.courses.visibility import VisiblePeople
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


def _csv(people: VisiblePeople) -> bytes:
    return tables.to_csv(tables.plain(sheet_of(people)))


def _xlsx(people: VisiblePeople) -> bytes:
    sheet = sheet_of(people)
    pages = {
        name: tables.plain(sheet, field)
        for name, field in {"What counts": "final", "Raw": "raw", "Penalties": "penalty"}.items()
    }
    if any(row.by_rules for row in sheet.rows):
        pages["Totals"] = tables.explained(sheet)
    return tables.to_xlsx(pages)


def _canvas(people: VisiblePeople) -> bytes:
    return tables.to_csv(tables.canvas(sheet_of(people)))


def _moodle(people: VisiblePeople) -> bytes:
    return tables.to_csv(tables.moodle(sheet_of(people)))


# Per format: the end of the file's name, the media type, and the function that writes it.
EXPORTS: dict[Format, tuple[str, str, Callable[[VisiblePeople], bytes]]] = {
    Format.CSV: ("grades.csv", CSV, _csv),
    Format.XLSX: ("grades.xlsx", XLSX, _xlsx),
    Format.CANVAS: ("canvas.csv", CSV, _canvas),
    Format.MOODLE: ("moodle.csv", CSV, _moodle),
    Format.GRADESCOPE: ("gradescope.zip", "application/zip", gradescope.zipped),
}


def export(people: VisiblePeople, form: Format) -> Export:
    """Return the grades of those who are students of the course now, as a file."""
    name, media_type, write = EXPORTS[form]
    return Export(name=f"{people.course.slug}-{name}", media_type=media_type, content=write(people))
