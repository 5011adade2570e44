"""Finds the folders of this environment that the sandbox image has under `site`."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, PackagePath, distribution
from pathlib import Path

ROOTS = ("torch", "numpy", "safetensors", "matplotlib", "pyseccomp")
_NAME = re.compile(r"[A-Za-z0-9._-]+")


@cache
def site_entries(*more: str) -> tuple[Path, ...]:
    """Return the files and folders to bind: the packages of `ROOTS`, those of `more`, and all their requirements."""
    return tuple(sorted({folder / file.parts[0] for folder, file in _files(*more)}))


@cache
def site_libraries() -> tuple[Path, ...]:
    """Return the shared libraries and extension modules in `site_entries`."""
    return tuple(sorted({folder / file for folder, file in _files() if ".so" in file.suffixes}))


@cache
def _files(*more: str) -> tuple[tuple[Path, PackagePath], ...]:
    return tuple(pair for package in _closure((*ROOTS, *more)) for pair in _files_of(package))


def _closure(names: tuple[str, ...]) -> Iterator[Distribution]:
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue  # a requirement for other platforms or Python versions
        yield package
        waiting += [
            match[0] for line in package.requires or () if (match := _NAME.match(line)) and "extra ==" not in line
        ]


def _files_of(package: Distribution) -> Iterator[tuple[Path, PackagePath]]:
    folder = Path(str(package.locate_file("")))
    for file in package.files or ():
        top = file.parts[0]
        if top != ".." and not top.endswith((".dist-info", ".pth")) and top != "__pycache__":
            yield folder, file
