"""The wrong answers that a package knows, `mistakes.toml`: one table for each file in `mistakes/` and for the starter.

[twice]                             mistakes/twice.py
score = 1
line = 6                            the line to look at, counted from 1, or "none"
outcome = "graded"                  optional
[twice.findings]                    each check that fails, and the message of its finding
slope_is_right = "accumulated"

`line` is the line that must change. If something is missing, it is the statement after which it belongs, or the
statement that goes wrong without it. If one mistake is in several lines, it is the first of them. "none" means that no
line alone is to blame: the answer has several independent mistakes, or must be written anew.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from grader.errors import PackageError

FILE = "mistakes.toml"
STARTER = "starter"
NO_LINE = "none"


class KnownMistake(Struct, frozen=True, forbid_unknown_fields=True):
    """What one wrong answer must get. `line` counts from 1."""

    score: float
    line: int | Literal["none"]
    outcome: str = "graded"
    findings: dict[str, str] = {}


def read_mistakes(folder: Path) -> Mapping[str, KnownMistake]:
    """Read the `mistakes.toml` of a package's folder. Raises PackageError if something in it is wrong."""
    return {name: read_mistake(name, table) for name, table in read_tables(folder).items()}


def read_tables(folder: Path) -> Mapping[str, object]:
    """Return the tables of a `mistakes.toml` as they are. Raises PackageError if it is missing or not TOML."""
    path = folder / FILE
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PackageError(f"{path}: the file is missing; every package needs one.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PackageError(f"{path}: not TOML: {error}") from error


def read_mistake(name: str, table: object) -> KnownMistake:
    """Return what a table says. Raises PackageError if something in it is wrong."""
    try:
        return msgspec.convert(table, KnownMistake)
    except msgspec.ValidationError as error:
        raise PackageError(
            f"{FILE}: [{name}] needs `score` and `line` (the number of the line to look at, or 'none'), "
            f"and can have `findings` and `outcome`: {error}."
        ) from None


def sources_of(folder: Path) -> dict[str, Path]:
    """Return the files of a package's wrong answers by the names of their tables: the mistakes, and the starter."""
    return {path.stem: path for path in sorted((folder / "mistakes").glob("*.py"))} | {STARTER: folder / "starter.py"}


def sources_in(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the wrong answers among the files of a package, as `sources_of` names them."""
    texts = {path: content.decode(errors="replace") for path, content in files.items() if path.endswith(".py")}
    found = {
        path.removeprefix("mistakes/").removesuffix(".py"): text
        for path, text in texts.items()
        if path.startswith("mistakes/") and path.count("/") == 1
    }
    return found | ({STARTER: texts["starter.py"]} if "starter.py" in texts else {})


def impossible_line(name: str, mistake: KnownMistake, source: str) -> Iterator[str]:
    """Report if a mistake's `line` is not a line of code of its source."""
    if isinstance(mistake.line, str) or has_code(source, mistake.line):
        return
    count = len(source.splitlines())
    if not 1 <= mistake.line <= count:
        yield f"{FILE}: `{name}` has {count} lines, so `line` cannot be {mistake.line}."
    else:
        yield f"{FILE}: line {mistake.line} of `{name}` has no code; name the line to look at, or 'none'."


def has_code(source: str, line: int) -> bool:
    """Whether a source has a line with this number, counted from 1, and code in it."""
    lines = source.splitlines()
    return 1 <= line <= len(lines) and bool(lines[line - 1].partition("#")[0].strip())
