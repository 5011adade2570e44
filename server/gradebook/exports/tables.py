"""The exports that are tables: rows of harmless values."""

import csv
import io
from collections.abc import Iterable
from fractions import Fraction

from server.accounts.models import User
from server.gradebook.exports.safe_values import Value, safe
from server.gradebook.exports.sheet import Sheet, StudentRow
from server.gradebook.models import Grade
from server.gradebook.totals import CourseTotal, rounded

Rows = list[list[Value]]


def plain(sheet: Sheet, field: str = "final") -> Rows:
    """Return a row per student: who, the points of each assignment (`final`, `raw` or `penalty`), the total.

    What counts is totalled by the rules of the course: in percent if its units have weights.
    """
    is_percent = field == "final" and any(row.by_rules and row.by_rules.is_weighted for row in sheet.rows)
    total = "Total (%)" if is_percent else "Total"
    header: list[Value] = ["Name", "User name", "E-mail", "ID", *(one.slug for one in sheet.assignments), total]
    return [header, *([*_who(row.student), *_points(row, field), _total(row, field)] for row in sheet.rows)]


def explained(sheet: Sheet) -> Rows:
    """Return a row per student that explains the total by the rules of the course, unit by unit.

    Shares and weights are in percent. The text names the assignments that do not count, and why.
    """
    first = next((row.by_rules for row in sheet.rows if row.by_rules), None)
    units = [unit.unit for unit in first.units] if first else []
    header: list[Value] = ["Name", "User name", "E-mail", "ID", "Total (%)", "Points", "Possible"]
    for unit in units:
        header += [f"{unit}: share (%)", f"{unit}: weight (%)", f"{unit}: does not count"]
    return [header, *([*_who(row.student), *_explained(row.by_rules)] for row in sheet.rows if row.by_rules)]


def _explained(total: CourseTotal) -> list[Value]:
    cells: list[Value] = [_percent(total.share), float(rounded(total.points)), float(rounded(total.max_points))]
    for unit in total.units:
        left_out = ", ".join(f"{one.item.key} ({one.reason})" for one in unit.left_out)
        cells += [_percent(unit.share), _percent(unit.weight), left_out]
    return cells


def _percent(share: Fraction | None) -> float | None:
    return None if share is None else float(rounded(100 * share))


def canvas(sheet: Sheet) -> Rows:
    """Return the rows that Canvas imports. Canvas finds students by the SIS columns and adds missing columns."""
    columns: list[Value] = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    header = [*columns, *(one.title for one in sheet.assignments)]
    possible: list[Value] = ["    Points Possible", None, None, None, None, *(one.points for one in sheet.assignments)]
    return [header, possible, *([*_in_canvas(row.student), *_points(row, "final")] for row in sheet.rows)]


def moodle(sheet: Sheet) -> Rows:
    """Return the rows that Moodle's grade import takes; students are mapped by ID number, user name or e-mail.

    A cell of an exempt student is empty: at any other text, Moodle's import stops (a grade must be a number).
    """
    columns: list[Value] = ["First name", "Last name", "ID number", "Username", "Email address"]
    header = [*columns, *(one.title for one in sheet.assignments)]
    return [header, *([*_in_moodle(row.student), *_points(row, "final", exempt=None)] for row in sheet.rows)]


def to_csv(rows: Rows) -> bytes:
    """Return rows as CSV in UTF-8, with a byte order mark, by which spreadsheets recognize the encoding."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(_safe(rows))
    return text.getvalue().encode("utf-8-sig")


def to_xlsx(pages: dict[str, Rows]) -> bytes:
    """Return a workbook with a page of rows under each name."""
    # It imports NumPy, which every start of the website would pay for.
    from openpyxl import Workbook  # noqa: PLC0415

    book = Workbook(write_only=True)
    for name, rows in pages.items():
        page = book.create_sheet(name)
        page.freeze_panes = "B2"
        for row in _safe(rows):
            page.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _safe(rows: Rows) -> Iterable[list[Value]]:
    return ([safe(value) for value in row] for row in rows)


def _points(row: StudentRow, field: str, *, exempt: Value = "EX") -> list[Value]:
    return [_of(grade, field, exempt) for grade in row.grades]


def _of(grade: Grade | None, field: str, exempt: Value) -> Value:
    if grade is not None and grade.exempt and field == "final":
        return exempt
    points = getattr(grade, field) if grade is not None else None
    return None if points is None else round(points, 2)


def _total(row: StudentRow, field: str) -> float | None:
    if row.by_rules is not None and field == "final":
        total = row.by_rules
        return _percent(total.share) if total.is_weighted else float(rounded(total.points))
    return round(sum(getattr(grade, field) or 0.0 for grade in row.grades if grade is not None), 2)


def _who(student: User) -> list[Value]:
    return [student.display_name, student.username, student.email, student.external_id]


def _in_canvas(student: User) -> list[Value]:
    name = f"{student.last_name}, {student.first_name}" if student.last_name else student.display_name
    return [name, None, student.external_id, student.username, None]


def _in_moodle(student: User) -> list[Value]:
    return [student.first_name, student.last_name, student.external_id, student.username, student.email]
