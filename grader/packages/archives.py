"""The files of a package as a ZIP, and the one rule which files a package can have. Without torch.

A package comes from a ZIP, from Git, from a page or from a folder. `accepted` holds the rule for all of them, so the
same files get the same digest on every way:

- Left out: version control, caches, what editors and desktops write (`LEFT_OUT`).
- Taken away: one folder around the whole package, as the ZIPs of GitHub have it.
- Refused: links, absolute paths, `..`, backslashes, drives, control characters, one path twice (also by case or by
  Unicode form), more than `MAX_FILES` files or `MAX_UNPACKED` bytes.
"""

import hashlib
import io
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from grader.errors import PackageError

MAX_ARCHIVE = 8 * 2**20  # bytes, packed
MAX_UNPACKED = 8 * 2**20  # bytes of all files together
MAX_FILES = 500
MAX_PATH = 200  # characters
MANIFESTS = ("exercise.toml", "lesson.md")  # one of them lies at the top of each package

LEFT_OUT = (
    *("__pycache__", ".git", ".hg", ".svn", "__MACOSX", ".ipynb_checkpoints", ".*_cache", ".idea", ".vscode"),
    *(".DS_Store", "._*", "Thumbs.db", "desktop.ini", "*.pyc", "*~", ".*.sw[a-p]", "#*#", ".#*"),
)

_MAX_ENTRIES = 5000  # with the folders and the files that are left out
_MAX_DEPTH = 8
_END = b"PK\x05\x06"
_END_SIZE = 22
_ENTRY_SIZE = 46
_MAX_COMMENT = 2**16 - 1
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_UTF8 = 0x800
_FIRST_DATE = (1980, 1, 1, 0, 0, 0)
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError, OverflowError)


class ArchiveError(PackageError):
    """An archive or one of its files is refused. `file` is its path, or "" if the whole archive is meant."""

    file: str

    def __init__(self, text: str, *, file: str = "") -> None:
        self.file = _shown(file)
        self.text = text
        super().__init__(f"{self.file}: {text}" if file else text)


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return the files as a ZIP: sorted, with fixed times and modes, so the same files give the same bytes.

    Raises ArchiveError if the files are not those of a package, or if the ZIP is larger than MAX_ARCHIVE.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(accepted(files.items()).items()):
            entry = zipfile.ZipInfo(path, _FIRST_DATE)
            entry.create_system, entry.external_attr = 3, (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    if packed.tell() > MAX_ARCHIVE:
        raise _too_large_an_archive()
    return packed.getvalue()


def unpack(archive: bytes) -> dict[str, bytes]:
    """Return the files of a ZIP by their paths. Raises ArchiveError, with the file's path, for anything unusual."""
    _check_frame(archive)
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            return accepted(_contents(opened))
    except _DAMAGE as error:
        raise ArchiveError(f"This ZIP is damaged ({_shown(str(error))}). Pack it again.") from None


def accepted(files: Iterable[tuple[str, bytes]]) -> dict[str, bytes]:
    """Return the files that a package keeps, by their paths. Raises ArchiveError if one of them is refused.

    The contents are taken one by one: a generator is stopped as soon as a limit is passed.
    """
    kept: dict[str, bytes] = {}
    total = 0
    for path, content in files:
        name = checked_path(path)
        if left_out(name):
            continue
        if name in kept:
            raise ArchiveError("This path is there twice.", file=name)
        kept[name] = bytes(content)
        total += len(content)
        _check_limits(name, len(kept), total)
    _check_twins(kept)
    return _without_top_folder(kept)


def checked_path(path: str) -> str:
    """Return the path of a file in its NFC form. Raises ArchiveError if no package can have such a path."""
    name = unicodedata.normalize("NFC", path)
    reason = _why_refused(name)
    if reason:
        raise ArchiveError(reason, file=path)
    return name


def left_out(path: str) -> bool:
    """Return whether a package never keeps this file, because version control, a cache or an editor made it."""
    return any(fnmatchcase(part, pattern) for part in path.split("/") for pattern in LEFT_OUT)


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 over the path and the bytes of every file: the name of a version."""
    total = hashlib.sha256()
    for path in sorted(files, key=lambda path: path.split("/")):
        total.update(f"{path}\0".encode())
        total.update(hashlib.sha256(files[path]).digest())
    return total.hexdigest()


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the files of a package's folder by their paths, without those that are left out. Trusts the folder."""
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in sorted(paths.items()) if not left_out(name)}


def _check_frame(archive: bytes) -> None:
    """Refuse what `zipfile` forgives: bytes before and after the ZIP, and a list of too many entries.

    Programs disagree about such archives, so a person could read other files in it than we do.
    """
    if len(archive) > MAX_ARCHIVE:
        raise _too_large_an_archive()
    end = archive.rfind(_END, -(_END_SIZE + _MAX_COMMENT))
    if end < 0 or len(archive) < end + _END_SIZE:
        raise ArchiveError("This is not a ZIP archive, or its end is missing.")
    entries, size, start, comment = (
        int.from_bytes(archive[end + at : end + at + length], "little")
        for at, length in ((10, 2), (12, 4), (16, 4), (20, 2))
    )
    if entries == 0xFFFF or 0xFFFFFFFF in {size, start}:
        raise ArchiveError("This ZIP has the format for very large archives (zip64). Pack it again without it.")
    if entries > _MAX_ENTRIES or size > _MAX_ENTRIES * (_ENTRY_SIZE + MAX_PATH):
        raise ArchiveError(f"This ZIP has too many files: a package has at most {MAX_FILES}.")
    whole = end + _END_SIZE + comment == len(archive) and start + size == end
    if not whole or not archive.startswith((b"PK\x03\x04", _END)):
        raise ArchiveError("There are bytes before, after or inside this ZIP that do not belong to it. Pack it again.")


def _contents(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    """Yield the paths and contents of the entries that are not left out. Counts what comes out, trusts no header."""
    room = MAX_UNPACKED
    if len(archive.infolist()) > _MAX_ENTRIES:
        raise ArchiveError(f"This ZIP has too many files: a package has at most {MAX_FILES}.")
    for entry in archive.infolist():
        path = _path_of(entry)
        name = checked_path(path.removesuffix("/"))
        if left_out(name):
            continue
        _check_kind(entry, name)
        if path.endswith("/"):
            continue
        content = _read(archive, entry, name, room)
        room -= len(content)
        yield path, content


def _path_of(entry: zipfile.ZipInfo) -> str:
    """Return the path as the archive has it: `zipfile` cuts it at a NUL, and reads UTF-8 without its flag as cp437."""
    path = entry.orig_filename
    if entry.flag_bits & _UTF8:
        return path
    try:
        return path.encode("cp437").decode()
    except UnicodeError:
        return path


def _check_kind(entry: zipfile.ZipInfo, name: str) -> None:
    """Refuse links, devices, encrypted files and rare packing methods."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    wanted = stat.S_IFDIR if entry.orig_filename.endswith("/") else stat.S_IFREG
    if stat.S_ISLNK(kind):
        raise ArchiveError("This is a link. A package has files only: put a copy in its place.", file=name)
    if kind not in {0, wanted}:
        raise ArchiveError("This is neither a file nor a folder. A package has files only.", file=name)
    if entry.flag_bits & _ENCRYPTED:
        raise ArchiveError("This file is encrypted. Pack it again without a password.", file=name)
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise ArchiveError("This file is packed in a way that few programs read. Pack it with deflate.", file=name)


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, room: int) -> bytes:
    try:
        with archive.open(entry) as opened:
            content = opened.read(room + 1)
            rest = opened.read(1)
    except _DAMAGE as error:
        raise ArchiveError(f"This file is damaged ({_shown(str(error))}). Pack it again.", file=name) from None
    if len(content) > room:
        raise _too_large(name)
    if rest or len(content) != entry.file_size:
        raise ArchiveError("This file has another size than the archive says. Pack it again.", file=name)
    return content


def _why_refused(name: str) -> str:
    """Return why no package has a file of this path, or ""."""
    parts = name.split("/")
    if not name or len(name) > MAX_PATH or len(parts) > _MAX_DEPTH:
        return f"A path has 1 to {MAX_PATH} characters and at most {_MAX_DEPTH} parts."
    if not name.isprintable():
        return "A path has no control characters and no invisible ones."
    if "\\" in name or ":" in name:
        return "A path has no backslash and no colon; folders are separated by /."
    if name.startswith("/"):
        return "A path begins in the package's own folder, not with /."
    if any(part in {"", ".", ".."} for part in parts):
        return "A path has no empty part, no `.` and no `..`."
    if any(part != part.strip() or part.endswith(".") for part in parts):
        return "No part of a path begins or ends with a space, or ends with a dot."
    return ""


def _check_limits(name: str, count: int, total: int) -> None:
    if count > MAX_FILES:
        raise ArchiveError(f"A package has at most {MAX_FILES} files, and this one is the next.", file=name)
    if total > MAX_UNPACKED:
        raise _too_large(name)


def _check_twins(files: Iterable[str]) -> None:
    """Refuse paths that are one path on another system: by case or Unicode form; also a file with a folder's name."""
    seen: dict[str, str] = {}
    for file in files:
        parts = file.split("/")
        for length in range(1, len(parts) + 1):
            path = "/".join(parts[:length]) + ("" if length == len(parts) else "/")
            other = seen.setdefault(unicodedata.normalize("NFKC", path.rstrip("/").casefold()), path)
            if other != path:
                raise ArchiveError(f"On some systems this is the same path as {_shown(other)}. Rename one.", file=file)


def _without_top_folder(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files without the one folder around all of them, if the package's manifest lies in it."""
    tops = {path.partition("/")[0] for path in files}
    if len(tops) != 1:
        return files
    top = tops.pop()
    if not any(f"{top}/{manifest}" in files for manifest in MANIFESTS):
        return files
    return {path.removeprefix(f"{top}/"): content for path, content in files.items()}


def _too_large(name: str) -> ArchiveError:
    limit = f"{MAX_UNPACKED // 2**20} MiB"
    return ArchiveError(f"With this file the package is larger than {limit}. Make the data smaller.", file=name)


def _too_large_an_archive() -> ArchiveError:
    return ArchiveError(f"This ZIP is larger than {MAX_ARCHIVE // 2**20} MiB. Make the data smaller.")


def _shown(text: str) -> str:
    """Return text from outside as a message can show it: one line, printable, short."""
    printable = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return printable if len(printable) <= MAX_PATH else f"{printable[:MAX_PATH]}…"
