"""Deletes versions that nobody needs."""

from collections.abc import Callable, Iterable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, ProtectedError, QuerySet
from django.utils import timezone

from server.packages.models import CoursePackage, PackageRun, PackageVerification, Version

# A version is made before the rows that refer to it.
YOUNG = timedelta(hours=2)
MOST_AT_ONCE = 500

# Functions of apps above this one: which of these digests do their rows need?
USES: list[Callable[[list[str]], Iterable[str]]] = []


def collect_garbage() -> int:
    """Delete the versions that no history, run, assignment or submission needs, and return how many.

    Of the history of a package, the newest PACKAGE_VERSIONS_KEPT versions that nobody used are kept. What graded a
    submission is kept, so that its score can be explained.
    """
    for package in _long_histories():
        _shorten(package)
    found = list(_candidates().values_list("pk", flat=True)[:MOST_AT_ONCE])
    in_use = needed(found)
    return sum(_delete(digest) for digest in found if digest not in in_use)


def _long_histories() -> Iterable[CoursePackage]:
    counted = CoursePackage.objects.annotate(count=Count("versions"))
    return counted.filter(count__gt=settings.PACKAGE_VERSIONS_KEPT)[:MOST_AT_ONCE]


def _shorten(package: CoursePackage) -> None:
    """Delete the oldest versions in the history of a package that nobody used."""
    young = timezone.now() - YOUNG
    history = list(package.versions.order_by("-number").values_list("pk", "version_id", "version__made_at"))
    in_use = needed([digest for _, digest, _ in history])
    in_use |= {str(digest) for digest in package.assignments.values_list("version", flat=True)}
    in_use.add(str(package.published_id))
    unused = [(pk, made_at) for pk, digest, made_at in history if digest not in in_use]
    gone = [pk for pk, made_at in unused[settings.PACKAGE_VERSIONS_KEPT :] if made_at < young]
    waiting = PackageVerification.objects.filter(finished_at=None).values("package_version")
    package.versions.filter(pk__in=gone).exclude(pk__in=waiting).delete()


def needed(digests: list[str]) -> set[str]:
    """Return those of the digests that apps above this one need."""
    return {digest for use in USES for digest in use(digests)}


def _candidates() -> QuerySet[Version]:
    runs = PackageRun.objects.values("digest")
    unused = Version.objects.filter(histories=None, published_in=None, made_at__lt=timezone.now() - YOUNG)
    return unused.exclude(pk__in=runs).order_by("made_at")


@transaction.atomic
def _delete(digest: str) -> bool:
    """Delete a version, unless somebody stored the same files since: `store` takes the row and renews its time."""
    row = _candidates().select_for_update(of=("self",)).defer("archive").filter(pk=digest).first()
    if row is None:
        return False
    try:
        return bool(row.delete()[0])
    except ProtectedError:
        return False  # an assignment stays with it
