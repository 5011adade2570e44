"""Exercises for pages.

A package is read from disk again when one of its files changes, and kept in memory otherwise. So pages show a new
version of an exercise at once, without a restart.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from grader.errors import PackageError
from grader.packages.catalogue import Package, exercises_folder, find_package, packages
from grader.packages.messages import OwnMessage, in_own_words
from grader.protocol.reports import Report
from server.catalogue.markdown import render

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ExerciseText:
    """One version of an exercise. `statement` is safe HTML; `entries` are the signatures that it asks for.

    `library` is "" for an exercise of the installation, else the course that it belongs to ("course-7"). With
    `variant`, each learner gets other numbers; `variants` says how many there are, 0 if there is no limit.
    """

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
    library: str = ""
    variants: int = 0

    def variant_of(self, learner: int) -> int:
        """Return the variant of a learner, given their key; 0 if all have the same numbers."""
        if not self.variant:
            return 0
        return learner % self.variants if self.variants else learner


@dataclass(frozen=True, kw_only=True, slots=True)
class BrokenExercise:
    """An exercise that cannot be read, and why, for staff."""

    slug: str
    problem: str


def readable_exercises() -> list[ExerciseText]:
    """Return the exercises of the catalogue that can be read, in the order of their slugs."""
    return [one for one in _every_exercise() if isinstance(one, ExerciseText)]


def broken_exercises() -> list[BrokenExercise]:
    """Return the exercises of the catalogue that cannot be read."""
    return [one for one in _every_exercise() if isinstance(one, BrokenExercise)]


def _every_exercise() -> Iterator[ExerciseText | BrokenExercise]:
    for package in packages():
        try:
            yield find_exercise(package.slug)
        except PackageError as error:
            problem = str(error).replace(f"{exercises_folder()}{os.sep}", "")
            yield BrokenExercise(slug=package.slug, problem=problem)


def in_present_words(report: Report, *, library: str) -> Report:
    """Return the report with the sentences that its exercise's package has now.

    If the package cannot be read any more, the sentences that the grader put into the report stay; also if a course's
    library owns the exercise: its sentences are those of the version that graded.
    """
    if library:
        return report
    with suppress(PackageError, OSError):
        messages = _own_messages(report.slug)
        return replace(report, findings=tuple(in_own_words(finding, messages) for finding in report.findings))
    return report


def find_exercise(slug: str, *, variant: int = 0) -> ExerciseText:
    """Return the exercise of a slug; raises UnknownExercise or PackageError if it cannot be read.

    If each learner gets other numbers, the statement has those of `variant`, the learner's key.
    """
    stamp = tuple(sorted(_stamps(find_package(slug).folder)))
    common = _read(slug, 0, stamp)
    return _read(slug, variant, stamp) if common.variant else common


def title_of(slug: str) -> str:
    """Return the title of an exercise, for lists: only its manifest is read. Raises the errors of `find_exercise`."""
    stat = (find_package(slug).folder / "exercise.toml").stat()
    return _title(slug, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=1024)
def _title(slug: str, _changed: int, _size: int) -> str:
    return find_package(slug).manifest.title


def _own_messages(slug: str) -> Mapping[str, OwnMessage]:
    path = find_package(slug).folder / "messages.toml"
    stat = path.stat() if path.exists() else None
    return _messages(slug, stat and (stat.st_mtime_ns, stat.st_size))


@lru_cache(maxsize=256)
def _messages(slug: str, _changed: tuple[int, int] | None) -> Mapping[str, OwnMessage]:
    return find_package(slug).messages


def _stamps(folder: Path | str) -> Iterator[tuple[str, int, int]]:
    # Pages call this for every exercise of a course, so it costs one `stat` per file.
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _stamps(entry.path)
            else:
                stat = entry.stat()
                yield entry.path, stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=256)
def _read(slug: str, variant: int, stamp: Stamp) -> ExerciseText:
    package = find_package(slug)
    return text_of(package, package.statement_for(variant))


def text_of(package: Package, statement: str, *, variants: int = 0) -> ExerciseText:
    """Return the texts of a package with this statement, in Markdown. Raises PackageError if it cannot be read."""
    manifest = package.manifest
    return ExerciseText(
        slug=package.slug,
        digest=package.digest,
        title=manifest.title,
        teaches=manifest.teaches,
        after=manifest.after,
        entries=tuple(entry.signature for entry in manifest.entries),
        runtime="gpu" if manifest.runtime == "gpu" else "cpu",
        variant=manifest.variant,
        stream_losses=manifest.stream_losses,
        statement=render(statement),
        starter=package.starter,
        library=package.library,
        variants=variants,
    )
