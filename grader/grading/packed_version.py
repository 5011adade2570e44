"""What a child of an author's instance gets of a version. Both sides use this module.

The files are all that there is to know. The rest saves every child the same work: what the manifest and the sentences
say, as JSON (the worker has read them), and the Python files compiled.

The compiled code comes from a child that got the files and nothing else, and that ran none of them (`compile_files`).
A worker keeps it for one library only. So no code of a package can put into it what it has seen of a learner, and
nothing of one course reaches another.
"""

import importlib.util
import os
import py_compile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from grader.errors import PackageError
from grader.grading import author_messages as messages
from grader.harness.wire.values import WireError
from grader.packages.archives import files_of
from grader.packages.catalogue import Package
from grader.packages.manifest import Manifest
from grader.packages.messages import OwnMessage

MAX_FILES = 600  # parts of the message
MODULES = ("reference.py", "checks.py")
"""The files that every grading loads."""


class Documents(msgspec.Struct, frozen=True, kw_only=True):
    """What `exercise.toml` and `messages.toml` say."""

    manifest: Manifest
    messages: dict[str, OwnMessage]


@dataclass(frozen=True, kw_only=True, slots=True)
class PackedVersion:
    """The files of a version. `documents` is None if a document is broken; `compiled` is by the path of the source."""

    files: Mapping[str, bytes]
    documents: Documents | None = None
    compiled: Mapping[str, bytes] = field(default_factory=dict)

    def pack(self) -> bytes:
        """Return the message."""
        documents = b"" if self.documents is None else msgspec.json.encode(self.documents)
        head = {"paths": list(self.files), "compiled": list(self.compiled)}
        return messages.join(head, [documents, *self.files.values(), *self.compiled.values()])

    @classmethod
    def read(cls, message: bytes) -> "PackedVersion":
        """Return the version in a message, which a worker has written."""
        head, (documents, *contents) = messages.split(message, most=MAX_FILES)
        count = len(head["paths"])
        return cls(
            files=dict(zip(head["paths"], contents[:count], strict=True)),
            documents=msgspec.json.decode(documents, type=Documents) if documents else None,
            compiled=dict(zip(head["compiled"], contents[count:], strict=True)),
        )

    def write(self, folder: Path) -> None:
        """Write the files into a folder, and the compiled code where Python looks for it."""
        made: set[Path] = set()
        for path, content in self.files.items():
            _write(folder / path, content, made)
        for path, content in self.compiled.items():
            _write(Path(importlib.util.cache_from_source(str(folder / path))), content, made)


def _write(target: Path, content: bytes, made: set[Path]) -> None:
    if target.parent not in made:
        target.parent.mkdir(parents=True, exist_ok=True)
        made.add(target.parent)
    # No file object: each of its layers costs a child pages of memory.
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
    finally:
        os.close(descriptor)


def packed_version(package: Package) -> PackedVersion:
    """Return the files of a package, and what its documents say if they can be read and sent."""
    return PackedVersion(files=files_of(package.folder), documents=_documents(package))


def _documents(package: Package) -> Documents | None:
    """Return the documents; None if one is broken, or has a number that JSON lacks: then the child reads its files."""
    try:
        documents = Documents(manifest=package.manifest, messages=dict(package.messages))
        same = msgspec.json.decode(msgspec.json.encode(documents), type=Documents) == documents
    except (PackageError, ValueError):
        return None
    return documents if same else None


def compile_files(folder: Path) -> tuple[Sequence[str], Sequence[bytes]]:
    """Return the paths of the modules of a package that are Python, and their compiled code. Runs none of it."""
    compiled = {}
    for path in MODULES:
        if (folder / path).is_file():
            try:
                made = py_compile.compile(
                    str(folder / path), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
                )
            except py_compile.PyCompileError:
                continue  # loading it will raise the error, with its line
            compiled[path] = Path(str(made)).read_bytes()
    return list(compiled), list(compiled.values())


def read_compiled(head: Mapping[str, object], parts: Sequence[bytes]) -> dict[str, bytes]:
    """Return the compiled code of a reply, by the path of its source. Raises WireError if it is of other files."""
    paths = head.get("compiled")
    if not isinstance(paths, list) or len(paths) != len(parts) or not set(MODULES).issuperset(map(str, paths)):
        raise WireError("the compiled code is of other files")
    return dict(zip(map(str, paths), parts, strict=True))
