"""The manifest of an exercise package, `exercise.toml`. Without torch: the web server reads it too.

format = 1
id = "0b5b..."                      a uuid that survives renames
version = 1
title = "The gradient of a sum"
teaches = ["backward"]
after = ["tracking/leaf-tensors"]   optional, exercises to do before
runtime = "cpu"                     cpu | gpu | any
imports = ["torch"]                 allowed beside the standard library; with torch, numpy and matplotlib too
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

import re
import tomllib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, NoReturn, get_args

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from grader.errors import PackageError

FORMAT = 1
OWN_LIMITS = {
    "wall_seconds": 30,
    "memory_mb": 2048,
    "processes": 64,
    "file_mb": 64,
    "output_kb": 256,
    "observation_mb": 64,
}
"""The largest limits of a course's own package: they take a worker's time and memory from other courses."""
Runtime = Literal["cpu", "gpu", "any"]
Above0 = Annotated[float, Meta(gt=0)]
WholeAbove0 = Annotated[int, Meta(gt=0)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A name that the submission must define."""

    name: str
    signature: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Tolerance:
    """How far a right answer can be off, relative to the size of the reference.

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
    limits: Mapping[str, int | float] = field(default_factory=dict)
    tolerance: Tolerance = Tolerance()


class _EntryTable(Struct, forbid_unknown_fields=True):
    name: str
    signature: str


class _LimitsTable(Struct, forbid_unknown_fields=True):
    wall_seconds: Above0 | UnsetType = UNSET
    memory_mb: WholeAbove0 | UnsetType = UNSET
    processes: WholeAbove0 | UnsetType = UNSET
    file_mb: WholeAbove0 | UnsetType = UNSET
    output_kb: WholeAbove0 | UnsetType = UNSET
    observation_mb: WholeAbove0 | UnsetType = UNSET


class _ToleranceTable(Struct, forbid_unknown_fields=True):
    rtol: Above0 = Tolerance().rtol
    atol: Above0 = Tolerance().atol


class _Document(Struct, forbid_unknown_fields=True):
    """The file, key by key."""

    format: int
    id: str
    version: int
    title: str
    teaches: tuple[str, ...]
    entries: tuple[_EntryTable, ...]
    after: tuple[str, ...] = ()
    runtime: Runtime = "cpu"
    imports: tuple[str, ...] = ("torch",)
    null_score: float = 0.0
    variant: bool = False
    stream_losses: bool = False
    limits: _LimitsTable = msgspec.field(default_factory=_LimitsTable)
    tolerance: _ToleranceTable = msgspec.field(default_factory=_ToleranceTable)


_TABLES: dict[str, type[Struct]] = {"": _Document, "limits": _LimitsTable, "tolerance": _ToleranceTable}
_TYPES = {"array": "list", "object": "table"}


def read_manifest(path: Path) -> Manifest:
    """Read `exercise.toml`. Raises PackageError, with the key and what to do, if something is wrong."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PackageError(f"{path}: the file is missing; every package needs one.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PackageError(f"{path}: not TOML: {error}") from error
    try:
        document = msgspec.convert(data, _Document)
    except msgspec.ValidationError as error:
        raise PackageError(f"{path}: {_explain(str(error))}.") from None
    _check(path, document)
    return _manifest(document)


def _manifest(document: _Document) -> Manifest:
    values = {name: getattr(document, name) for name in document.__struct_fields__}
    values["entries"] = tuple(Entry(name=entry.name, signature=entry.signature) for entry in document.entries)
    values["limits"] = msgspec.to_builtins(document.limits)
    values["tolerance"] = Tolerance(rtol=document.tolerance.rtol, atol=document.tolerance.atol)
    return Manifest(**values)


def _check(path: Path, document: _Document) -> None:
    def refuse(what: str) -> NoReturn:
        raise PackageError(f"{path}: {what}.")

    if document.format != FORMAT:
        refuse(f"`format` is {document.format}, but this grader reads format {FORMAT}")
    if not document.entries:
        refuse("`entries` is empty: name at least one entry")
    try:
        uuid.UUID(document.id)
    except ValueError:
        refuse("`id` is not a uuid; make one with `python -c 'import uuid; print(uuid.uuid4())'`")


def _explain(message: str) -> str:
    """Return msgspec's message in the terms of the file: the key, and what it must be."""
    reason, _, place = message.partition(" - at `$")
    place = place.strip(".`")
    if match := re.fullmatch(r"Object (contains unknown|missing required) field `(.*)`", reason):
        if place not in _TABLES:
            return "each of `entries` has exactly the keys `name` and `signature`"
        if match[1] == "missing required":
            return f"the key `{match[2]}` is missing"
        prefix = f"{place}." if place else ""
        return f"unknown key `{prefix}{match[2]}`; known are {', '.join(_TABLES[place].__struct_fields__)}"
    if place == "runtime":
        return f"`runtime` must be one of {', '.join(get_args(Runtime))}"
    table = place.partition(".")[0]
    if table != place and table in _TABLES:
        return f"`{place}` must be a {'whole ' if '`int`' in reason else ''}number above zero"
    if match := re.fullmatch(r"Expected `(.*)`, got `(.*)`", reason):
        return f"`{place}` must be of type {_TYPES.get(match[1], match[1])}, not {_TYPES.get(match[2], match[2])}"
    return f"`{place}`: {reason}"
