"""Notebook cells as plain Python: what only IPython understands becomes a comment. Nothing is run.

The rules are those of IPython's own transformer (`IPython.core.inputtransformer2`): a command stands at the start of a
statement, or right after the `=` of an assignment. Strings, comments and the further lines of a statement are never
changed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Cell commands that run the rest of the cell in the notebook's own namespace, and so define its names.
RUN_HERE = frozenset({"capture", "debug", "prun", "time"})

_CELL_COMMAND = re.compile(r"%%(\w++)(?!\?)")
_COMMAND = re.compile(r"[!?]|%{1,2}[A-Za-z_]")
# `%time statement` runs the statement in the notebook's own namespace, too.
_TIMED = re.compile(r"%time[ \t]+(?=[^\s?])")
_AUTO_CALL = re.compile(r"([,;/])([A-Za-z_][\w.]*)(?:[ \t]+(.*))?$")
_PROMPTS = (
    (re.compile(r">>>( |$)"), re.compile(r"^(>>>|\.\.\.)( |$)")),
    (re.compile(r"In \[\d+\]: "), re.compile(r"^(In \[\d+\]: |\s*\.{3,}: ?)")),
)
# These decide which line ends a statement: strings, comments and brackets; and the `=` of an assignment.
_TOKEN = re.compile(r"\"{3}|'{3}|[\"'#()\[\]{}]|(?<![=!<>+\-*/%&|^@:~])=(?!=)")
_STRING_END = {quote: re.compile(rf"\\.|{quote}") for quote in ('"', "'", '"""', "'''")}


def python_of(cell: str) -> str:
    """Return a cell's code as Python, with IPython's commands as comments."""
    # Not `splitlines`: it also splits at characters that Python allows inside a string.
    lines = cell.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n").split("\n")
    lines = _without_prompts(_without_indent(lines))
    start = 0
    while command := _CELL_COMMAND.match(lines[start]):
        if command[1] not in RUN_HERE:
            lines[start:] = [f"# {line}" for line in lines[start:]]
            return "\n".join(lines).strip("\n")
        lines[start] = f"# {lines[start]}"
        start = next((at for at in range(start, len(lines)) if _is_code(lines[at])), len(lines) - 1)
    return "\n".join([*lines[:start], *_statements(lines[start:])]).strip("\n")


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _without_indent(lines: list[str]) -> list[str]:
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip(" \t"))]
    return [line.removeprefix(indent) for line in lines] if indent else lines


def _indent_of(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t\f"))]


def _without_prompts(lines: list[str]) -> list[str]:
    for first, every in _PROMPTS:
        if first.match(lines[0]):
            return [every.sub("", line, count=1) for line in lines]
    return lines


def _statements(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines with each command as a comment, and `pass` if a block would lack a statement without it."""
    scanner = _Scanner()
    rest = iter(lines)
    for line in rest:
        python, command = _parted(line) if scanner.at_statement else (line, "")
        if not command:
            scanner.read(python)
            yield python
            continue
        yield f"{python}  # {command}" if python else f"# {command}"
        while command.endswith("\\"):  # the command goes on in the next line
            command = next(rest, "")
            yield f"# {command}"


def _parted(line: str) -> tuple[str, str]:
    """Return the first line of a statement as Python, and the command in it, "" if there is none."""
    indent = _indent_of(line)
    body = line[len(indent) :]
    if timed := _TIMED.match(body):
        return indent + body[timed.end() :], ""
    if called := _AUTO_CALL.match(body):
        return f"{indent}{called[2]}({_arguments(called[1], called[3] or '')})", ""
    scanned = _Scanner().read(line)
    if _COMMAND.match(body) or scanned.asks_help:
        return f"{indent}pass" if indent else "", body
    return _assigned(line, scanned.equals) or (line, "")


def _arguments(escape: str, words: str) -> str:
    """Return the arguments of `/f a b` as they are, those of `,f a b` as strings, and those of `;f a b` as one."""
    if escape == ";":
        return repr(words)
    return ", ".join(repr(word) if escape == "," else word for word in words.split())


def _assigned(line: str, equals: int | None) -> tuple[str, str] | None:
    """Return the parts of a line that assigns what a command returns; None for other lines."""
    if equals is None:
        return None
    target, value = line[: equals + 1], line[equals + 1 :].lstrip(" \t")
    if timed := _TIMED.match(value):
        return f"{target} {value[timed.end() :]}", ""
    if value.startswith("!"):
        return f"{target} []", value
    return (f"{target} None", value) if re.match(r"%[A-Za-z_]", value) else None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Scanned:
    """What a line holds outside strings: its first assignment's `=`, and whether it ends with a `?`."""

    equals: int | None
    asks_help: bool


class _Scanner:
    """Reads the lines of a cell in order, and knows whether the next one begins a statement."""

    def __init__(self) -> None:
        self._quote = ""
        self._depth = 0
        self._continued = False

    @property
    def at_statement(self) -> bool:
        """Whether the next line begins a statement: no string, bracket or backslash is open."""
        return not (self._quote or self._depth or self._continued)

    def read(self, line: str) -> _Scanned:
        """Take in the next line."""
        at, equals, end = 0, None, len(line)
        while (at := self._after_string(line, at)) < len(line) and (token := _TOKEN.search(line, at)):
            at, text = token.end(), token[0]
            if text == "#":
                end = token.start()
                break
            if text == "=":
                equals = token.start() if equals is None and not self._depth else equals
            elif text[0] in "\"'":
                self._quote = text
            else:
                self._depth = max(0, self._depth + (1 if text in "([{" else -1))
        backslash = end == len(line) and _ends_with_backslash(line)
        self._continued = backslash and not self._quote
        if len(self._quote) == 1 and not backslash:
            self._quote = ""  # a string that was not closed: an error, which the grader explains
        return _Scanned(equals=equals, asks_help=self.at_statement and line[:end].rstrip().endswith("?"))

    def _after_string(self, line: str, at: int) -> int:
        """Return the place after the open string; the end of the line if it goes on there."""
        if not self._quote:
            return at
        for found in _STRING_END[self._quote].finditer(line, at):
            if found[0] == self._quote:
                self._quote = ""
                return found.end()
        return len(line)


def _ends_with_backslash(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1
