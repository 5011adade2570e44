"""Deletes versions that nobody needs."""

from collections.abc import Callable, Iterable
from datetime import timedelta

from django.db.models import ProtectedError, QuerySet
from django.utils import timezone

from server.packages.models import PackageRun, Version

# A version is made before the rows that refer to it.
YOUNG = timedelta(hours=2)
MOST_AT_ONCE = 500

# Functions of apps above this one: which of these digests do their rows need?
USES: list[Callable[[list[str]], Iterable[str]]] = []


def collect_garbage() -> int:
    """Delete the versions that no history, run, assignment or submission needs, and return how many.

    What graded a submission is kept, so that its score can be explained.
    """
    found = list(_candidates().values_list("pk", flat=True)[:MOST_AT_ONCE])
    in_use = needed(found)
    return sum(_delete(digest) for digest in found if digest not in in_use)


def needed(digests: list[str]) -> set[str]:
    """Return those of the digests that apps above this one need."""
    return {digest for use in USES for digest in use(digests)}


def _candidates() -> QuerySet[Version]:
    runs = PackageRun.objects.values("digest")
    unused = Version.objects.filter(histories=None, published_in=None, made_at__lt=timezone.now() - YOUNG)
    return unused.exclude(pk__in=runs).order_by("made_at")


def _delete(digest: str) -> bool:
    try:
        return bool(Version.objects.filter(pk=digest).delete()[0])
    except ProtectedError:
        return False  # an assignment stays with it
