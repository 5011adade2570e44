"""The texts of packages for pages, from the cache of this process; else from the database, with one query."""

from collections.abc import Mapping, Sequence

from grader.errors import PackageError
from server.catalogue import versions
from server.catalogue.exercises import ExerciseText
from server.packages.models import Version


def exercise_text(slug: str, digest: str, library: str, *, learner: int = 0) -> ExerciseText:
    """Return a course's exercise in one version, as a learner reads it. Raises PackageError if it is broken."""
    return versions.own_exercise(
        slug,
        digest,
        library,
        learner=learner,
        archive=lambda: archive_of(digest),
        variants=lambda: _variants_of(digest),
    )


def exercise_title(slug: str, digest: str, library: str) -> str:
    """Return the title of a course's exercise in one version. Raises PackageError if it is broken."""
    return versions.title_of_own(slug, digest, library, archive=lambda: archive_of(digest))


def archive_of(digest: str) -> bytes:
    """Return the archive of a version. Raises PackageError if it is not stored."""
    found = Version.objects.filter(pk=digest).values_list("archive", flat=True).first()
    if found is None:
        raise PackageError(f"The version {digest[:12]} is not stored any more.")
    return bytes(found)


def _variants_of(digest: str) -> Sequence[Mapping[str, float]] | None:
    return Version.objects.filter(pk=digest).values_list("variants", flat=True).first()
