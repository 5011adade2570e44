"""A ZIP file that is sent while it is made. What it needs in memory does not grow with the number of its files."""

import pickle
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any, Self

CHUNK = 64 * 1024


class ZipStream:
    """Makes a ZIP file piece by piece. Each method yields the bytes that come next; call `end` last.

    >>> with ZipStream() as zipped:
    ...     pieces = [*zipped.add("a.py", b"x = 1", at=now), *zipped.end()]
    """

    def __init__(self) -> None:
        self._sink = _Sink()
        self._archive = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED)
        # The names of hundreds of thousands of files are the only thing that grows: they wait on disk for the end.
        self._names = _OnDisk()
        self._archive.filelist = self._names  # type: ignore[assignment]
        self._archive.NameToInfo = _Forgetful()

    def add(self, name: str, content: bytes, *, at: datetime) -> Iterator[bytes]:
        """Add a file with this content. Names must be different in pairs."""
        self._archive.writestr(_info(name, at), content)
        yield from self._sink.take()

    def add_file(self, name: str, file: IO[bytes], *, at: datetime) -> Iterator[bytes]:
        """Add an open file, from its beginning. It is read in chunks."""
        file.seek(0)
        with self._archive.open(_info(name, at), "w", force_zip64=True) as inside:
            while chunk := file.read(CHUNK):
                inside.write(chunk)
                yield from self._sink.take()
        yield from self._sink.take()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what waited on disk, also if the file was not ended."""
        self._archive.fp = None  # otherwise the archive would end itself when it is collected
        self._sink.close()
        self._names.close()

    def end(self) -> Iterator[bytes]:
        """End the file with the list of its names."""
        self._archive.close()
        yield from self._sink.take()


def _info(name: str, at: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, at.timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info


class _Sink:
    """What `zipfile` writes to. Without `tell` and `seek`, so it never goes back."""

    def __init__(self) -> None:
        self._waiting = tempfile.SpooledTemporaryFile(16 * CHUNK)  # noqa: SIM115 closed with the sink

    def write(self, data: bytes) -> int:
        return self._waiting.write(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self._waiting.close()

    def take(self) -> Iterator[bytes]:
        """Yield what was written since the last time."""
        self._waiting.seek(0)
        while chunk := self._waiting.read(CHUNK):
            yield chunk
        self._waiting.seek(0)
        self._waiting.truncate()


class _OnDisk:
    """The list of files in an archive, as far as `zipfile` needs it: to append, to count, and to read it once."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(16 * CHUNK)  # noqa: SIM115 closed with the list
        self._length = 0

    def append(self, info: zipfile.ZipInfo) -> None:
        # Each alone: a pickler that is kept would keep what it pickled.
        self._file.write(pickle.dumps(info))
        self._length += 1

    def close(self) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[zipfile.ZipInfo]:
        self._file.seek(0)
        for _ in range(self._length):
            yield pickle.load(self._file)  # noqa: S301 our own file, which nobody else can write


class _Forgetful(dict[str, Any]):
    """A dictionary that keeps nothing: `zipfile` notes each name in one, to warn about a second."""

    def __setitem__(self, key: str, value: Any) -> None:
        pass
