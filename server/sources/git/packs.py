"""The objects of a pack: what a Git server sends. Every size is checked before memory is taken for it."""

import zlib
from hashlib import sha1

from dulwich.errors import ApplyDeltaError
from dulwich.pack import OFS_DELTA, REF_DELTA, UnpackedObject, apply_delta, read_pack_header, take_msb_bytes_at
from dulwich.pack import unpack_object_at as unpack_at

from server.sources.git.messages import FetchProblem

MAX_OBJECTS = 250_000
MAX_OBJECT = 32 * 2**20  # bytes; a package has at most 8 MiB, but other files in the repository can be larger
MAX_INFLATED = 512 * 2**20  # bytes of all objects
_TRAILER = 20
_NAMES = {1: b"commit", 2: b"tree", 3: b"blob", 4: b"tag"}

Object = tuple[bytes, bytes]  # its kind ("commit", "tree", ...) and its content


class Pack:
    """The objects of one pack by their ids. Raises FetchProblem if the pack is damaged or too large."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._room = MAX_INFLATED
        self._by_id: dict[bytes, Object] = {}
        self._by_offset: dict[int, Object] = {}
        self._waiting: list[tuple[int, UnpackedObject]] = []
        try:
            self._read_all()
        except (AssertionError, ValueError, IndexError, zlib.error, ApplyDeltaError) as error:
            raise FetchProblem("The server sent a damaged pack. Try again.") from error

    def get(self, object_id: bytes, kind: bytes) -> bytes | None:
        """Return the content of an object; None if the pack has none of this id and kind."""
        found = self._by_id.get(object_id)
        return found[1] if found is not None and found[0] == kind else None

    def _read_all(self) -> None:
        body = memoryview(self._data)[:-_TRAILER]
        if sha1(body, usedforsecurity=False).digest() != self._data[-_TRAILER:]:
            raise ValueError("checksum")
        at = 12
        for _ in range(self._count()):
            at = self._read(at)
        if at != len(self._data) - _TRAILER:
            raise ValueError("trailing bytes")
        self._resolve()

    def _count(self) -> int:
        position = 0

        def read(size: int) -> bytes:
            nonlocal position
            position += size
            return self._data[position - size : position]

        _, count = read_pack_header(read)
        if count > MAX_OBJECTS:
            raise FetchProblem(f"The repository has more than {MAX_OBJECTS:,} files and folders. Use a smaller one.")
        return int(count)

    def _read(self, at: int) -> int:
        """Read the object at an offset, and return the offset of the next one."""
        self._take(self._size_at(at))
        unpacked, end = unpack_at(self._data, at, lambda: sha1(usedforsecurity=False))
        if unpacked.pack_type_num in {OFS_DELTA, REF_DELTA}:
            self._waiting.append((at, unpacked))
        else:
            self._keep(at, _NAMES[unpacked.pack_type_num], b"".join(unpacked.decomp_chunks))
        return int(end)

    def _size_at(self, at: int) -> int:
        raw, _, _ = take_msb_bytes_at(self._data, at)
        return (raw[0] & 0x0F) + sum((byte & 0x7F) << (4 + 7 * place) for place, byte in enumerate(raw[1:]))

    def _resolve(self) -> None:
        """Apply the deltas whose base is there, until none is left. Each round is at least one level of a chain."""
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            for at, unpacked in waiting:
                base = self._base_of(at, unpacked)
                if base is None:
                    self._waiting.append((at, unpacked))
                else:
                    self._keep(at, base[0], self._applied(base[1], b"".join(unpacked.decomp_chunks)))
            if len(self._waiting) == len(waiting):
                raise ValueError("a delta without its base")

    def _base_of(self, at: int, unpacked: UnpackedObject) -> Object | None:
        base = unpacked.delta_base
        return self._by_offset.get(at - base) if isinstance(base, int) else self._by_id.get(bytes(base or b""))

    def _applied(self, base: bytes, delta: bytes) -> bytes:
        """Return what a delta makes of its base. A short delta can make a huge result: its size comes first."""
        _, at, _ = take_msb_bytes_at(delta, 0)
        raw, _, _ = take_msb_bytes_at(delta, at)
        self._take(sum((byte & 0x7F) << (7 * place) for place, byte in enumerate(raw)))
        return b"".join(apply_delta(base, delta))

    def _take(self, size: int) -> None:
        if size > MAX_OBJECT:
            limit = MAX_OBJECT // 2**20
            raise FetchProblem(f"A file in the repository is larger than {limit} MiB. Keep packages in a small one.")
        self._room -= size
        if self._room < 0:
            raise FetchProblem("The files of the repository are too large together. Keep packages in a small one.")

    def _keep(self, at: int, kind: bytes, content: bytes) -> None:
        header = kind + b" " + str(len(content)).encode() + b"\0"
        self._by_offset[at] = kept = (kind, content)
        self._by_id[sha1(header + content, usedforsecurity=False).digest()] = kept
