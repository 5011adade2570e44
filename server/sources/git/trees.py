"""The packages in the tree of a commit: each folder that has a manifest is one."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass

from dulwich.errors import ObjectFormatException
from dulwich.objects import parse_tree

from grader.packages.archives import (
    MANIFESTS,
    MAX_UNPACKED,
    ArchiveError,
    accepted,
    checked_path,
    left_out,
)
from server.sources.git.messages import MAX_PACKAGES, MAX_TOGETHER, FetchedPackage, FetchProblem
from server.sources.git.packs import Pack

MAX_ENTRIES = 200_000
MAX_ENTRIES_OF_A_PACKAGE = 10_000
MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One line of a tree."""

    name: str
    mode: int
    object_id: bytes

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder; a submodule is none."""
        return stat.S_IFMT(self.mode) == stat.S_IFDIR


class TreeReader:
    """Finds the packages of one commit. Counts what it looks at: few objects can make endless paths."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._entries = MAX_ENTRIES
        self._together = MAX_TOGETHER

    def packages(self, tree: bytes, folder: str) -> list[FetchedPackage]:
        """Return the packages in a folder of a tree. Raises FetchProblem if there is no such folder, or no package."""
        for part in filter(None, folder.split("/")):
            inner = next((entry for entry in self._lines(tree) if entry.name == part and entry.is_folder), None)
            if inner is None:
                raise FetchProblem(f"The branch has no folder {folder}.")
            tree = inner.object_id
        found = list(self._below(tree, folder, 0))
        if not found:
            place = f"in {folder}" if folder else "here"
            raise FetchProblem(f"There is no package {place}: no folder has an exercise.toml.")
        return found

    def _below(self, tree: bytes, path: str, depth: int) -> Iterator[FetchedPackage]:
        lines = self._lines(tree)
        if any(entry.name in MANIFESTS for entry in lines):
            yield self._package(tree, path)
            return
        if depth == MAX_DEPTH:
            return
        for entry in lines:
            if entry.is_folder and not left_out(entry.name):
                yield from self._below(entry.object_id, f"{path}/{entry.name}".lstrip("/"), depth + 1)

    def _package(self, tree: bytes, path: str) -> FetchedPackage:
        outside, self._entries = self._entries, MAX_ENTRIES_OF_A_PACKAGE
        try:
            files = accepted(self._files(tree, ""))
        except ArchiveError as error:
            return FetchedPackage(path=path, error=error.text, file=error.file)
        except FetchProblem as error:
            return FetchedPackage(path=path, error=str(error))
        finally:
            self._entries = outside - 1
        self._together -= sum(map(len, files.values()))
        if self._together < 0:
            limit = MAX_TOGETHER // 2**20
            return FetchedPackage(path=path, error=f"The packages of a commit are together at most {limit} MiB.")
        return FetchedPackage(path=path, files=files)

    def _files(self, tree: bytes, before: str) -> Iterator[tuple[str, bytes]]:
        for entry in self._lines(tree):
            path = before + entry.name
            if "/" in entry.name:
                raise ArchiveError("A name in a tree has no slash.", file=path)
            checked_path(path)
            if left_out(entry.name):
                continue
            if entry.is_folder:
                yield from self._files(entry.object_id, f"{path}/")
            else:
                yield path, self._content(entry, path)

    def _content(self, entry: TreeEntry, path: str) -> bytes:
        kind = stat.S_IFMT(entry.mode)
        if kind == stat.S_IFLNK:
            raise ArchiveError("This is a link. A package has files only: put a copy in its place.", file=path)
        if kind != stat.S_IFREG:
            raise ArchiveError("This is a submodule. A package has files only: put a copy in its place.", file=path)
        content = self._pack.get(entry.object_id, b"blob")
        if content is None:
            limit = MAX_UNPACKED // 2**20
            raise ArchiveError(f"This file is missing, or larger than {limit} MiB.", file=path)
        return content

    def _lines(self, tree: bytes) -> list[TreeEntry]:
        content = self._pack.get(tree, b"tree")
        if content is None:
            raise FetchProblem("The server sent a commit without one of its folders. Try again.")
        try:
            lines = [
                TreeEntry(name.decode(errors="replace"), mode, bytes.fromhex(object_id.decode()))
                for name, mode, object_id in parse_tree(content, 20)
            ]
        except (ObjectFormatException, ValueError) as error:
            raise FetchProblem("A folder of the repository is damaged.") from error
        self._entries -= 1 + len(lines)
        if self._entries < 0:
            raise FetchProblem("There are too many files here. Name the folder that has the packages.")
        return lines


def packages_of(pack: Pack, commit: bytes, folder: str) -> tuple[str, list[FetchedPackage]]:
    """Return the subject of a commit and its packages. Raises FetchProblem."""
    content = pack.get(commit, b"commit")
    if content is None or not content.startswith(b"tree "):
        raise FetchProblem("The server did not send the commit of the branch. Try again.")
    head, _, message = content.partition(b"\n\n")
    try:
        tree = bytes.fromhex(head[5:45].decode())
    except ValueError as error:
        raise FetchProblem("The commit of the branch is damaged.") from error
    subject = message.decode(errors="replace").strip().partition("\n")[0]
    found = TreeReader(pack).packages(tree, folder)
    if len(found) > MAX_PACKAGES:
        raise FetchProblem(f"There are {len(found)} packages; a course has at most {MAX_PACKAGES}.")
    return "".join(filter(str.isprintable, subject))[:100], found
