"""Versions of courses' packages for pages. They never change, so each is read once by a process, and kept in memory.

The files lie in a folder of the website (in `CHAINRULE_VAR`). If a version is missing there, the caller's function gets
its archive from the database. No code of a package runs here: the numbers of variants come from its verification.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings

from grader.errors import PackageError
from grader.packages.archives import ArchiveError
from grader.packages.catalogue import Package
from grader.packages.version_cache import CacheUnavailable, VersionCache
from server.catalogue.exercises import ExerciseText, text_of
from server.catalogue.lessons import LessonText, text_of_own

# Of the folder. In an image without a disk of its own, it lies in memory.
MOST_BYTES = 64 * 2**20
# What the caller's functions return: an archive, and the numbers of each variant.
Archive = Callable[[], bytes]
Variants = Callable[[], Sequence[Mapping[str, float]] | None]


class _Once:
    """A function whose result is no part of a key: two callers of the same version need the same thing."""

    def __init__(self, call: Callable[[], object]) -> None:
        self.call = call

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Once)

    def __hash__(self) -> int:
        return 0


def own_exercise(
    slug: str, digest: str, library: str, *, learner: int, archive: Archive, variants: Variants
) -> ExerciseText:
    """Return the exercise of a course in one version, as a learner reads it. Raises PackageError if it is broken.

    `learner` is the key of the learner, who decides which variant it is; 0 for the first.
    """
    package = _package(slug, digest, library, _Once(archive))
    if not package.manifest.variant:
        return _exercise(slug, digest, library, 0, _Once(archive), _Once(variants))
    count = len(_variants(digest, _Once(variants)))
    return _exercise(slug, digest, library, learner % count, _Once(archive), _Once(variants))


def title_of_own(slug: str, digest: str, library: str, *, archive: Archive) -> str:
    """Return the title of a course's exercise in one version. Raises PackageError if its manifest is broken."""
    return _package(slug, digest, library, _Once(archive)).manifest.title


@lru_cache(maxsize=256)
def _lesson(slug: str, digest: str, library: str, archive: _Once) -> LessonText:
    try:
        text = (folder_of(digest, archive.call) / "lesson.md").read_text(encoding="utf-8")  # type: ignore[arg-type]
    except (OSError, UnicodeDecodeError) as error:
        raise PackageError(f"{slug}: lesson.md cannot be read: {error}") from None
    return text_of_own(slug, library, text, number=0)


def own_lesson(slug: str, digest: str, library: str, *, archive: Archive) -> LessonText:
    """Return the lesson of a course in one version, without its number. Raises PackageError if it is malformed."""
    return _lesson(slug, digest, library, _Once(archive))


def folder_of(digest: str, archive: Archive) -> Path:
    """Return the folder of a version on this machine. Raises PackageError if it cannot be unpacked."""
    kept = _cache()
    folder = kept.folder(digest)
    if folder is not None:
        return folder
    try:
        return kept.add(archive(), digest=digest)
    except (ArchiveError, CacheUnavailable) as error:
        raise PackageError(f"The version {digest[:12]} cannot be read: {error}") from error


@cache
def _cache() -> VersionCache:
    return VersionCache(settings.VAR / "website-versions", MOST_BYTES)


@lru_cache(maxsize=256)
def _package(slug: str, digest: str, library: str, archive: _Once) -> Package:
    """Return a package that has read everything a page needs: its folder can leave the cache of the machine."""
    package = Package(slug, folder_of(digest, archive.call), library)  # type: ignore[arg-type]
    _ = package.manifest, package.statement, package.starter, package.digest
    return package


@lru_cache(maxsize=512)
def _exercise(slug: str, digest: str, library: str, variant: int, archive: _Once, variants: _Once) -> ExerciseText:
    package = _package(slug, digest, library, archive)
    if not package.manifest.variant:
        return text_of(package, package.statement)
    numbers = _variants(digest, variants)
    return text_of(package, package.statement_with(numbers[variant]), variants=len(numbers))


@lru_cache(maxsize=256)
def _variants(digest: str, variants: _Once) -> Sequence[Mapping[str, float]]:
    found = variants.call()
    if not found:
        raise PackageError("The numbers of its variants are not known: verify this version again.")
    return found  # type: ignore[return-value]
