"""Versions of packages on a machine's disk, by digest. Workers and the website share the code, not the folder.

`root/<digest>/` has the files of one version and nothing else. A version is complete as soon as its folder has that
name: it is written under another name first. Many processes can use one cache at once, without a lock.
"""

import contextlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from grader.errors import GraderError
from grader.packages.archives import ArchiveError, digest_of, files_of, unpack

DIGEST = re.compile(r"[0-9a-f]{64}")
IN_USE = 600  # seconds after its last use in which a version is kept, if that is possible at all

_BLOCK = 4096  # bytes that each file takes at least
_ABANDONED = 3600  # seconds after which an unfinished folder belongs to a process that died
_TOUCH_EVERY = 30  # seconds


class CacheUnavailable(GraderError):
    """The folder of the cache cannot be written: an operator acts."""


class VersionCache:
    """The cache below `root`, with at most `most_bytes` on disk.

    If it is full, the versions that nobody used for longest go. A version that was used in the last ten minutes stays,
    up to twice `most_bytes`: somebody can be reading it.
    """

    def __init__(self, root: Path, most_bytes: int) -> None:
        self.root = root
        self.most_bytes = most_bytes
        self._verified: set[str] = set()

    def folder(self, digest: str) -> Path | None:
        """Return the folder of a version, or None if it is not here. Its files are checked once for each process."""
        if not DIGEST.fullmatch(digest):
            return None
        folder = self.root / digest
        if not folder.is_dir():
            self._verified.discard(digest)
            return None
        if digest not in self._verified and not self._verify(folder, digest):
            return None
        _touch(folder)
        return folder

    def add(self, archive: bytes, *, digest: str = "") -> Path:
        """Unpack an archive and return the folder of its version.

        Raises ArchiveError if the archive is refused, or is another version than `digest`; CacheUnavailable if the
        disk does not take it.
        """
        files = unpack(archive)
        found = digest_of(files)
        if digest and digest != found:
            raise ArchiveError(f"This archive is version {found[:12]}, not {digest[:12]}.")
        try:
            folder = self.folder(found) or self._write(files, found)
        except OSError as error:
            raise CacheUnavailable(f"{self.root} does not take a version of a package: {error}") from error
        self._evict(keep=found)
        return folder

    def _write(self, files: dict[str, bytes], digest: str) -> Path:
        self.root.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".new-", dir=self.root))
        folder = self.root / digest
        try:
            for name, content in files.items():
                _write_through(beside / name, content)
            beside.chmod(0o755)
            with contextlib.suppress(FileExistsError):
                _rename(beside, folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        self._verified.add(digest)
        return folder

    def _verify(self, folder: Path, digest: str) -> bool:
        """Return whether the folder has this version. If not, a disk or a person changed it: it is removed."""
        try:
            whole = digest_of(files_of(folder)) == digest
        except OSError:
            return False
        if whole:
            self._verified.add(digest)
        else:
            self._remove(folder)
        return whole

    def _evict(self, keep: str) -> None:
        """Remove the versions that were used longest ago until the rest fits, and what dead processes left."""
        now = time.time()
        self._remove_abandoned(now)
        versions = sorted(self._versions())
        total = sum(size for _, size, _ in versions)
        for used, size, folder in versions:
            in_use = now - used < IN_USE and total <= 2 * self.most_bytes
            if total <= self.most_bytes or in_use:
                return
            if folder.name != keep:
                self._remove(folder)
                total -= size

    def _versions(self) -> Iterator[tuple[float, int, Path]]:
        """Yield the time of the last use, the size and the folder of each version."""
        for folder in self._entries():
            if DIGEST.fullmatch(folder.name):
                with contextlib.suppress(OSError):
                    yield folder.stat().st_mtime, _size(folder), folder

    def _remove_abandoned(self, now: float) -> None:
        for folder in self._entries():
            if folder.name.startswith((".new-", ".old-")):
                with contextlib.suppress(OSError):
                    if now - folder.stat().st_mtime > _ABANDONED:
                        shutil.rmtree(folder, ignore_errors=True)

    def _remove(self, folder: Path) -> None:
        """Rename the folder first: nobody finds a version that is half removed."""
        self._verified.discard(folder.name)
        with contextlib.suppress(OSError):
            aside = Path(tempfile.mkdtemp(prefix=".old-", dir=self.root))
            with contextlib.suppress(OSError):
                folder.rename(aside / folder.name)
            shutil.rmtree(aside, ignore_errors=True)

    def _entries(self) -> list[Path]:
        try:
            return list(self.root.iterdir())
        except OSError:
            return []


def _rename(beside: Path, folder: Path) -> None:
    """Give a finished folder its name. Raises FileExistsError if another process was faster."""
    try:
        beside.rename(folder)
    except OSError:
        if folder.is_dir():
            raise FileExistsError(folder) from None
        raise


def _write_through(path: Path, content: bytes) -> None:
    """Write a file and wait for the disk: after a power failure a version is whole, or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    path.chmod(0o444)


def _touch(folder: Path) -> None:
    with contextlib.suppress(OSError):
        if time.time() - folder.stat().st_mtime > _TOUCH_EVERY:
            os.utime(folder)


def _size(folder: Path) -> int:
    sizes = (path.lstat().st_size for path in folder.rglob("*"))
    return sum(-(-size // _BLOCK) * _BLOCK for size in sizes)
