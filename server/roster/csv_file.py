"""Reads a roster: a CSV file with one person a line.

Columns are found by name, in any order: `email`, `id` or `username` (one of them is required), `name` or `first name`
and `last name`, `role`, `section`. Spreadsheets write UTF-8, UTF-16 or Windows-1252, and separate values by commas,
semicolons or tabs; all of these are read. Invisible characters in ids, user names and addresses are removed: they come
from pages and PDFs by copying, and nobody can type them when signing in.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from server.accounts.names import JOINERS, without_invisible
from server.courses.models import LONGEST_SECTION, Role

MOST_LINES = 5_000
MOST_COLUMNS = 200
COLUMNS = {
    "id": {"id", "external id", "external_id", "student id", "sis user id", "id number"},
    "username": {"username", "user name", "login", "sis login id"},
    "email": {"email", "e-mail", "email address", "mail"},
    "first_name": {"first name", "first_name", "firstname", "given name"},
    "last_name": {"last name", "last_name", "lastname", "surname", "family name"},
    "name": {"name", "full name", "student"},
    "role": {"role"},
    "section": {"section", "group", "tutorial"},
}
ROLES = {"ta": Role.TA, "teaching assistant": Role.TA} | {str(role): role for role in Role}
SEPARATORS = (",", ";", "\t")
# Excel writes and reads such a first line, which names the separator.
_SEPARATOR_LINE = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)
TOO_MANY_VALUES = (
    "This line has more values than the first line has columns. Put a value with commas in quotation marks."
)
# Spreadsheets protect leading zeros like this: ="00123"
_FORMULA = re.compile(r'="([^"]*)"')
# What a spreadsheet makes of a long number: 1.23457E+11, in some languages 1,23457E+11
_SHORTENED_NUMBER = re.compile(r"\d[.,]\d+E\+\d+", re.IGNORECASE)


class Unreadable(Exception):
    """The file is not a roster. The message is for the instructor."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """A line of the file. If it names no role, `role` is None. `fault` says why the line cannot be used."""

    line: int
    id: str
    username: str
    email: str
    first_name: str
    last_name: str
    role: Role | None
    section: str = ""
    fault: str = ""

    @property
    def name(self) -> str:
        """The name to show."""
        return self.full_name or self.username or self.email or self.id

    @property
    def full_name(self) -> str:
        """First and last name; empty if the line has neither."""
        return f"{self.first_name} {self.last_name}".strip()


def decode(data: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16 or Windows-1252. Raises Unreadable for other bytes."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    elif b"\0" in data[:200]:
        encodings = ["utf-16-le" if data[1:2] == b"\0" else "utf-16-be"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("The encoding of this file is unknown. Save it as CSV with the encoding UTF-8.")


def read(text: str) -> list[Person]:
    """Return the people in a CSV file. Raises Unreadable if it is no CSV file or has no known column."""
    text = text.removeprefix("\ufeff")
    records = _records(text)
    _, titles = next(records, (0, []))
    columns = [_column(title) for title in titles]
    twice = next((column for column in COLUMNS if columns.count(column) > 1), None)
    if twice:
        raise Unreadable(f"Two columns of the file mean {twice.replace('_', ' ')}. Keep one of them.")
    if not {"id", "username", "email"} & set(columns):
        raise Unreadable("The first line must name the columns. One of them must be email, id or username.")
    people = []
    for number, row in records:
        if any(value.strip() for value in row):
            person = person_of(number, dict(zip(columns, row, strict=False)))
            too_long = any(value.strip() for value in row[len(columns) :])
            people.append(replace(person, fault=person.fault or TOO_MANY_VALUES) if too_long else person)
        if len(people) > MOST_LINES:
            raise Unreadable(f"A file can have at most {MOST_LINES} lines.")
    return people


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the number of its first line."""
    named = _SEPARATOR_LINE.match(text)
    before = 1 if named else 0
    text = text[named.end() :] if named else text
    first = text.partition("\n")[0]
    separator = named[1] if named else max(SEPARATORS, key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = before + 1
    while True:
        try:
            row = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            raise Unreadable(_csv_error(number, str(error))) from None
        if len(row) > MOST_COLUMNS:
            raise Unreadable(f"Line {number} has more than {MOST_COLUMNS} columns.")
        yield number, row
        number = before + lines.line_num + 1


def _csv_error(number: int, error: str) -> str:
    if "expected after" in error or "unexpected end" in error:
        return f"A quotation mark that opens in line {number} is not closed. Close it or remove it."
    return f"Line {number} is not CSV: {error}."


def _column(title: str) -> str:
    plain = without_invisible(title).lower()
    return next((column for column, names in COLUMNS.items() if plain in names), f"?{plain}")


def person_of(line: int, row: dict[str, str]) -> Person:
    """Return the person of a line, from its values by the keys of `COLUMNS`."""
    values = {
        column: _value(row.get(column, ""), name=column == "section" or "name" in column.split("_"))
        for column in COLUMNS
    }
    first, last = values["first_name"], values["last_name"]
    if values["name"] and not (first or last):
        first, last = _split(values["name"])
    return Person(
        line=line,
        id=values["id"],
        username=values["username"],
        email=values["email"].lower(),
        first_name=first[:150],
        last_name=last[:150],
        role=ROLES.get(values["role"].lower()),
        section=values["section"],
        fault=_fault(values),
    )


def _value(text: str, *, name: bool) -> str:
    formula = _FORMULA.fullmatch(text.strip())
    return without_invisible(formula[1] if formula else text, keep=JOINERS if name else "")


def _fault(values: dict[str, str]) -> str:
    if values["role"] and values["role"].lower() not in ROLES:
        return f"The role {values['role'][:40]} is unknown. Use student, ta or instructor."
    for column in ("id", "username"):
        if _SHORTENED_NUMBER.fullmatch(values[column]):
            return f"A spreadsheet has shortened the {column} to {values[column]}. Format its column as text."
    if len(values["id"]) > 200:
        return "The id has more than 200 characters."
    if len(values["section"]) > LONGEST_SECTION:
        return f"The section has more than {LONGEST_SECTION} characters."
    return ""


def _split(name: str) -> tuple[str, str]:
    """Return first and last name of "Last, First" or "First Last"."""
    if "," in name:
        last, _, first = name.partition(",")
        return first.strip(), last.strip()
    first, _, last = name.rpartition(" ")
    return (first, last) if first else (last, "")
