"""A ZIP file that is made piece by piece can be read like any other, and its memory does not grow with its files."""

import io
import subprocess
import tracemalloc
import zipfile
from datetime import datetime

from server.common.zip_stream import CHUNK, ZipStream

NOON = datetime(2026, 3, 1, 12)


def zipped(files):
    with ZipStream() as stream:
        for name, content in files:
            yield from stream.add(name, content, at=NOON)
        yield from stream.add_file("last.txt", io.BytesIO(b"end" * 100_000), at=NOON)
        yield from stream.end()


def test_a_reader_that_goes_away_leaves_no_open_file():
    pieces = zipped([("a.py", b"x"), ("b.py", b"y")])
    next(pieces)

    pieces.close()  # an open file would be a warning, and warnings fail


def test_python_and_unzip_read_the_file(tmp_path):
    path = tmp_path / "all.zip"
    path.write_bytes(b"".join(zipped([("a/b.py", "x = 'ü'\n".encode()), ("empty.py", b"")])))

    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a/b.py", "empty.py", "last.txt"]
        assert archive.read("a/b.py").decode() == "x = 'ü'\n"
        assert archive.getinfo("a/b.py").date_time == (2026, 3, 1, 12, 0, 0)
    assert subprocess.run(["python3", "-m", "zipfile", "-t", path], check=True, capture_output=True).returncode == 0


def test_more_files_than_a_plain_zip_can_count():
    content = b"".join(zipped((f"{n}.py", b"") for n in range(70_000)))

    assert len(zipfile.ZipFile(io.BytesIO(content)).namelist()) == 70_001


def peak(number):
    """The most memory that is in use while so many files are made."""
    tracemalloc.start()
    try:
        largest = max(len(piece) for piece in zipped((f"folder/{n}.py", b"x = 1\n") for n in range(number)))
        assert largest <= CHUNK
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_number_of_files():
    assert peak(8_000) < peak(1_000) + 1_500_000
