"""The manifest of an exercise package, `exercise.toml`. Standard library only: the web server reads it too.

format = 1
id = "0b5b..."                      a uuid that survives renames
version = 1
title = "The gradient of a sum"
teaches = ["backward"]
after = ["tracking/leaf-tensors"]   optional, what to do before
runtime = "cpu"                     cpu | gpu | any
imports = ["torch"]                 allowed beside the standard library
null_score = 0                      points that a null answer may get
variant = false                     whether each learner gets numbers of their own
stream_losses = false               whether the page draws the loss while the code runs

[[entries]]
name = "gradient_of_sum"
signature = "gradient_of_sum(x: Tensor) -> Tensor"

[limits]                            optional, see grader.sandboxes.base.Limits
wall_seconds = 10

[tolerance]                         optional, relative to the size of the reference
rtol = 1e-8
atol = 1e-10
"""

import tomllib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from grader.errors import PackageError

FORMAT = 1
RUNTIMES = ("cpu", "gpu", "any")


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A name that the submission must define."""

    name: str
    signature: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Tolerance:
    """How far a right answer may be off, relative to the size of the reference.

    The default lies between double precision's rounding, which every right answer has, and single precision's, which
    shows that float64 was lost on the way.
    """

    rtol: float = 1e-8
    atol: float = 1e-10


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """What `exercise.toml` says."""

    format: int
    id: str
    version: int
    title: str
    teaches: tuple[str, ...]
    entries: tuple[Entry, ...]
    after: tuple[str, ...] = ()
    runtime: str = "cpu"
    imports: tuple[str, ...] = ("torch",)
    null_score: float = 0.0
    variant: bool = False
    stream_losses: bool = False
    limits: Mapping[str, float] = field(default_factory=dict)
    tolerance: Tolerance = Tolerance()


def read_manifest(path: Path) -> Manifest:
    """Read `exercise.toml`, or raise PackageError with a sentence that names the key and what to do."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PackageError(f"{path}: the file is missing; every package needs one.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PackageError(f"{path}: not TOML: {error}") from error
    return _Reader(path).manifest(data)


class _Reader:
    """Checks each key's presence, type and value."""

    TYPES: Mapping[str, tuple[type, ...]] = {
        "format": (int,),
        "id": (str,),
        "version": (int,),
        "title": (str,),
        "teaches": (list,),
        "entries": (list,),
        "after": (list,),
        "runtime": (str,),
        "imports": (list,),
        "null_score": (int, float),
        "variant": (bool,),
        "stream_losses": (bool,),
        "limits": (dict,),
        "tolerance": (dict,),
    }
    REQUIRED = ("format", "id", "version", "title", "teaches", "entries")
    LIMITS = ("wall_seconds", "memory_mb", "processes", "file_mb", "output_kb", "observation_mb")

    def __init__(self, path: Path) -> None:
        self.path = path

    def manifest(self, data: dict[str, Any]) -> Manifest:
        self._known("", data, self.TYPES)
        for key in self.REQUIRED:
            if key not in data:
                raise self._error(f"the key `{key}` is missing")
        for key, value in data.items():
            if not isinstance(value, self.TYPES[key]) or (isinstance(value, bool) and bool not in self.TYPES[key]):
                raise self._error(f"`{key}` must be of type {self.TYPES[key][0].__name__}, not {type(value).__name__}")
        self._check_values(data)
        lists = {key: self._strings(key, data[key]) for key in ("teaches", "after", "imports") if key in data}
        checked: dict[str, Any] = {
            "entries": self._entries(data["entries"]),
            "limits": self._numbers("limits", data.get("limits", {}), self.LIMITS),
            "tolerance": Tolerance(**self._numbers("tolerance", data.get("tolerance", {}), _names(Tolerance))),
        }
        values: dict[str, Any] = data | lists | checked
        return Manifest(**values)

    def _check_values(self, data: dict[str, Any]) -> None:
        if data["format"] != FORMAT:
            raise self._error(f"`format` is {data['format']}, but this grader reads format {FORMAT}")
        if data.get("runtime", "cpu") not in RUNTIMES:
            raise self._error(f"`runtime` must be one of {', '.join(RUNTIMES)}")
        try:
            uuid.UUID(data["id"])
        except ValueError:
            raise self._error(
                "`id` is not a uuid; make one with `python -c 'import uuid; print(uuid.uuid4())'`"
            ) from None

    def _entries(self, entries: list[Any]) -> tuple[Entry, ...]:
        if not entries:
            raise self._error("`entries` is empty: name at least one entry")
        for entry in entries:
            if not isinstance(entry, dict) or set(entry) != {"name", "signature"}:
                raise self._error("each of `entries` has exactly the keys `name` and `signature`")
            self._strings("entries", list(entry.values()))
        return tuple(Entry(**entry) for entry in entries)

    def _strings(self, key: str, values: list[Any]) -> tuple[str, ...]:
        if not all(isinstance(value, str) for value in values):
            raise self._error(f"`{key}` must hold strings only")
        return tuple(values)

    def _numbers(self, key: str, table: dict[str, Any], known: tuple[str, ...]) -> dict[str, float]:
        self._known(f"{key}.", table, known)
        for name, value in table.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
                raise self._error(f"`{key}.{name}` must be a number above zero")
        return table

    def _known(self, prefix: str, table: Mapping[str, Any], known: Any) -> None:
        for key in table:
            if key not in known:
                raise self._error(f"unknown key `{prefix}{key}`; known are {', '.join(known)}")

    def _error(self, what: str) -> PackageError:
        return PackageError(f"{self.path}: {what}.")


def _names(cls: type) -> tuple[str, ...]:
    return tuple(f.name for f in fields(cls))
