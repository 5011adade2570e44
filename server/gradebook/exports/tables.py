"""The exports that are tables: rows of cells, made harmless."""

import csv
import io
from collections.abc import Iterable

from openpyxl import Workbook

from server.accounts.models import User
from server.gradebook.exports.cells import Cell, safe
from server.gradebook.exports.sheet import Line, Sheet
from server.gradebook.models import Grade

Rows = list[list[Cell]]


def plain(sheet: Sheet, field: str = "final") -> Rows:
    """Return one row per student: who, the points of each assignment (`final`, `raw` or `penalty`), and the total."""
    header: list[Cell] = ["Name", "User name", "E-mail", "ID", *(one.slug for one in sheet.assignments), "Total"]
    return [header, *([*_who(line.student), *_points(line, field), _total(line, field)] for line in sheet.lines)]


def canvas(sheet: Sheet) -> Rows:
    """Return the rows that Canvas imports. It finds students by the SIS columns and makes columns that it lacks."""
    columns: list[Cell] = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    header = [*columns, *(one.title for one in sheet.assignments)]
    possible: list[Cell] = ["    Points Possible", None, None, None, None, *(one.points for one in sheet.assignments)]
    return [header, possible, *([*_in_canvas(line.student), *_points(line, "final")] for line in sheet.lines)]


def moodle(sheet: Sheet) -> Rows:
    """Return the rows that Moodle's grade import takes; students are mapped by ID number, user name or e-mail."""
    columns: list[Cell] = ["First name", "Last name", "ID number", "Username", "Email address"]
    header = [*columns, *(one.title for one in sheet.assignments)]
    return [header, *([*_in_moodle(line.student), *_points(line, "final")] for line in sheet.lines)]


def to_csv(rows: Rows) -> bytes:
    """Return rows as CSV in UTF-8, with the mark at the beginning by which spreadsheets know it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(_safe(rows))
    return text.getvalue().encode("utf-8-sig")


def to_xlsx(pages: dict[str, Rows]) -> bytes:
    """Return a workbook with a page of rows under each name."""
    book = Workbook(write_only=True)
    for name, rows in pages.items():
        page = book.create_sheet(name)
        page.freeze_panes = "B2"
        for row in _safe(rows):
            page.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _safe(rows: Rows) -> Iterable[list[Cell]]:
    return ([safe(cell) for cell in row] for row in rows)


def _points(line: Line, field: str) -> list[Cell]:
    return [_of(grade, field) for grade in line.grades]


def _of(grade: Grade | None, field: str) -> Cell:
    if grade is not None and grade.exempt and field == "final":
        return "EX"
    points = getattr(grade, field) if grade is not None else None
    return None if points is None else round(points, 2)


def _total(line: Line, field: str) -> float:
    return round(sum(getattr(grade, field) or 0.0 for grade in line.grades if grade is not None), 2)


def _who(student: User) -> list[Cell]:
    return [student.display_name, student.username, student.email, student.external_id]


def _in_canvas(student: User) -> list[Cell]:
    name = f"{student.last_name}, {student.first_name}" if student.last_name else student.display_name
    return [name, None, student.external_id, student.username, None]


def _in_moodle(student: User) -> list[Cell]:
    return [student.first_name, student.last_name, student.external_id, student.username, student.email]
