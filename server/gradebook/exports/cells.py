"""Cells that a spreadsheet shows and never runs.

A name such as `=HYPERLINK(...)` is text that a student chose. Spreadsheets take a cell that begins with = + - @, a tab
or a line end for a formula; an apostrophe in front keeps it text (OWASP, "CSV Injection").
"""

TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n")

Cell = str | float | int | None


def safe(cell: Cell) -> Cell:
    """Return a cell that no spreadsheet runs; numbers stay numbers."""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(TRIGGERS):
        return f"'{cell}"
    return cell
