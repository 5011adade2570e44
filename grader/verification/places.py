"""Where in a package a problem is: the file and the line, as far as its sentence says."""

import re
from collections.abc import Iterator
from pathlib import Path

from grader.grading.examiner import Fault
from grader.packages.samples import samples

_FILE = re.compile(r"^(?P<file>(?:[\w-]+/)?[\w-]+\.(?:py|toml|md))(?:: |, )")
_MODULE_PATH = re.compile(r" \(/[^()]*\.(?:py|so)\)")  # in the text of an ImportError
_TOML_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_TABLE = re.compile(r"\[([\w-]+)\]")
_QUOTED = re.compile(r"`([\w.]+)`")


def located(fault: Fault, folder: Path) -> Fault:
    """Return the fault with its file and line, as far as they can be known. Its text has no path of this machine."""
    text = _MODULE_PATH.sub("", fault.text.replace(f"{folder}/", ""))
    if fault.file is not None and fault.line is not None:
        return Fault(text=text, file=fault.file, line=fault.line)
    file = fault.file or _file(text)
    return Fault(text=text, file=file, line=_line_in(text, folder / file) if file else None)


def line_of(path: Path, pattern: str) -> int | None:
    """Return the first line of a file that matches a regular expression; None if there is none."""
    return next((number for number, line in _lines(path) if re.search(pattern, line)), None)


def sample_line(statement: str, number: int) -> int | None:
    """Return the line of a sample of a text, counted from 1; the first sample is number 1."""
    code = samples(statement)[number - 1].code
    before, found, _ = statement.partition(f"```python\n{code}```")
    return before.count("\n") + 1 if found else None


def naming(folder: Path, message: str) -> Fault:
    """Return the place at which a package names a message: its reference or its checks."""
    for file in ("reference.py", "checks.py"):
        if line := line_of(folder / file, rf"""["']{re.escape(message)}["']"""):
            return Fault(text="", file=file, line=line)
    return Fault(text="", file="messages.toml", line=line_of(folder / "messages.toml", rf"^\[{re.escape(message)}\]"))


def _file(text: str) -> str | None:
    match = _FILE.match(text)
    return match["file"] if match else None


def _line_in(text: str, path: Path) -> int | None:
    if path.suffix != ".toml":
        return None
    if match := _TOML_LINE.search(text):
        return int(match[1])
    if match := _TABLE.search(text):
        return line_of(path, rf"^\[{re.escape(match[1])}\]")
    for name in _QUOTED.findall(text):
        if line := line_of(path, rf"^\[?{re.escape(name.rpartition('.')[2])}\b"):
            return line
    return None


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    yield from enumerate(text.splitlines(), start=1)
