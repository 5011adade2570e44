"""Finds the files of this machine that Python and the packages of a sandbox need. A sandbox shows nothing else of it.

These are the interpreter, its standard library without `site-packages`, and each shared library that one of them or one
of the packages is linked with. The list of the loader (`ldconfig -p`) says in which folder a library is.
"""

import os
import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.errors import SandboxError

# Loaded by name while a program runs, so that no file is linked with them.
_LOADED_LATER = ("libseccomp.so.2", "libgcc_s.so.1")
# Data of the C library: time zones, and the locale of the sandbox.
DATA = ("/usr/share/zoneinfo", "/usr/lib/locale/C.utf8")
_LDCONFIG = ("/sbin/ldconfig", "/usr/sbin/ldconfig")
_ARCHITECTURE = {"x86_64": "x86-64", "aarch64": "AArch64"}


@dataclass(frozen=True, kw_only=True, slots=True)
class SystemFiles:
    """What a sandbox shows of this machine. `files` and `libraries` are pairs of a path inside and a path outside."""

    interpreter: Path
    stdlib: Path
    files: tuple[tuple[Path, Path], ...]
    library_folders: tuple[Path, ...]  # that the loader does not know by itself

    @property
    def hidden(self) -> tuple[Path, ...]:
        """The folders of the standard library that hold packages of this machine."""
        return tuple(folder for name in ("site-packages", "dist-packages") if (folder := self.stdlib / name).is_dir())


@cache
def system_files(packages: tuple[Path, ...]) -> SystemFiles:
    """Return what this process's Python needs, and the shared libraries that are in `packages`.

    Raises SandboxError if the loader's list cannot be read.
    """
    prefix = Path(sys.base_prefix).resolve()
    interpreter = prefix / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    stdlib = Path(os.__file__).resolve().parent
    loader, _ = _linked(interpreter)
    # Not tkinter: there is no screen, and it brings most of a desktop.
    extensions = [path for path in (stdlib / "lib-dynload").glob("*.so") if not path.name.startswith("_tkinter")]
    found = dict(_libraries([interpreter, *extensions, *packages], prefix / "lib"))
    pairs = {_place(path): path.resolve() for path in found.values()}
    if loader is not None:
        pairs[_place(loader)] = loader.resolve()
    folders = {place.parent for place in pairs if place.parent not in _known_folders()}
    return SystemFiles(
        interpreter=interpreter,
        stdlib=stdlib,
        files=tuple(sorted((pairs | {interpreter: interpreter.resolve()}).items())),
        library_folders=tuple(sorted(folders)),
    )


def _libraries(roots: Iterable[Path], own_folder: Path) -> Iterator[tuple[str, Path]]:
    """Return each library that these files need, and those that the libraries need, by name."""
    known = _known_libraries()
    seen = set(_LOADED_LATER)
    waiting = [*_LOADED_LATER, *(name for root in roots for name in _linked(root)[1])]
    while waiting:
        name = waiting.pop()
        own = own_folder / name
        path = own if own.is_file() else known.get(name)
        if path is None:
            continue  # it is in a package, which knows where
        yield name, path
        further = [each for each in _linked(path)[1] if each not in seen]
        seen.update(further)
        waiting += further


@cache
def _known_libraries() -> dict[str, Path]:
    """Return the loader's libraries by name, for this architecture."""
    ldconfig = next((path for path in _LDCONFIG if os.access(path, os.X_OK)), "ldconfig")
    try:
        listed = subprocess.run([ldconfig, "-p"], capture_output=True, text=True, check=True, timeout=60)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        raise SandboxError(
            f"bubblewrap needs the list of shared libraries, but `ldconfig -p` fails: {error}"
        ) from error
    found: dict[str, Path] = {}
    for line in listed.stdout.splitlines():
        description, arrow, path = line.strip().partition(" => ")
        if arrow and _ARCHITECTURE.get(os.uname().machine, "") in description:
            found.setdefault(description.split()[0], Path(path))
    return found


@cache
def _known_folders() -> frozenset[Path]:
    """Return the folders in which the loader looks without a list."""
    machine = os.uname().machine
    names = [f"{root}{lib}" for root in ("", "/usr") for lib in ("/lib", "/lib64", f"/lib/{machine}-linux-gnu")]
    return frozenset(Path(name).resolve() for name in names)


def _place(path: Path) -> Path:
    """Return the path of a library inside: the name of the link, in the link's folder without links."""
    return path.parent.resolve() / path.name


_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_DT_NEEDED, _DT_STRTAB = 1, 5


def _linked(path: Path) -> tuple[Path | None, list[str]]:
    """Return the loader that a file names and the libraries that it is linked with. Nothing if it is no 64-bit ELF."""
    with path.open("rb") as file:

        def read(offset: int, size: int) -> bytes:
            file.seek(offset)
            return file.read(size)

        header = read(0, 64)
        if header[:6] != b"\x7fELF\x02\x01":
            return None, []
        (table,) = struct.unpack_from("<Q", header, 32)
        size, count = struct.unpack_from("<HH", header, 54)
        # Of each: kind, offset in the file, address, size in the file.
        segments = []
        for number in range(count):
            entry = read(table + number * size, 56)
            kind, _, offset, address, _, length = struct.unpack_from("<IIQQQQ", entry)
            segments.append((kind, offset, address, length))
        loader = next(
            (Path(read(o, n).rstrip(b"\0").decode()) for kind, o, _, n in segments if kind == _PT_INTERP), None
        )
        entries = [
            pair
            for kind, offset, _, length in segments
            if kind == _PT_DYNAMIC
            for pair in struct.iter_unpack("<qQ", read(offset, length - length % 16))
        ]
        strings = next((value for tag, value in entries if tag == _DT_STRTAB), 0)
        start = next((o + strings - a for kind, o, a, n in segments if kind == _PT_LOAD and a <= strings < a + n), 0)
        needed = [read(start + value, 256).split(b"\0")[0].decode() for tag, value in entries if tag == _DT_NEEDED]
    return loader, needed
