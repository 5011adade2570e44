"""An exercise as a page needs it.

Packages are read from disk when they change and kept in memory otherwise; a new version of an exercise is seen at
once, without a restart.
"""

from dataclasses import dataclass
from functools import lru_cache

from grader.packages.catalogue import find_package
from server.catalogue.markdown import render

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Exercise:
    """One version of an exercise. `statement` is safe HTML; `entries` are the signatures that it asks for."""

    slug: str
    digest: str
    title: str
    teaches: tuple[str, ...]
    after: tuple[str, ...]
    entries: tuple[str, ...]
    runtime: str
    variant: bool
    stream_losses: bool
    statement: str
    starter: str


def find_exercise(slug: str, *, variant: int = 0) -> Exercise:
    """Return the exercise of a slug; UnknownExercise or PackageError where there is none to be had.

    Where each learner gets numbers of their own, the statement carries those of `variant`, the learner's key.
    """
    folder = find_package(slug).folder
    files = (path for path in sorted(folder.rglob("*")) if "__pycache__" not in path.parts)
    stats = ((path.name, path.stat()) for path in files)
    stamp = tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)
    common = _read(slug, 0, stamp)
    return _read(slug, variant, stamp) if common.variant else common


@lru_cache(maxsize=256)
def _read(slug: str, variant: int, stamp: Stamp) -> Exercise:
    package = find_package(slug)
    manifest = package.manifest
    return Exercise(
        slug=slug,
        digest=package.digest,
        title=manifest.title,
        teaches=manifest.teaches,
        after=manifest.after,
        entries=tuple(entry.signature for entry in manifest.entries),
        runtime="gpu" if manifest.runtime == "gpu" else "cpu",
        variant=manifest.variant,
        stream_losses=manifest.stream_losses,
        statement=render(package.statement_for(variant)),
        starter=package.starter,
    )
