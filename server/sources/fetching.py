"""One fetch of a source, in the records worker, and when the next one is due."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from server.packages.errors import PackageRefused
from server.sources import taking
from server.sources.git import fetching
from server.sources.git.messages import Fetch, Fetched
from server.sources.models import GitSource, SourcePush, SourceState
from server.sources.services import Secrets, ask

log = structlog.get_logger(__name__)

# After so long, a fetch that was asked for is lost, and the source is free again.
LOST = timedelta(minutes=10)
LONGEST_WAIT = timedelta(days=1)
# Messages about pushes are recognized for so long.
REMEMBERED = timedelta(days=30)


def fetch_source(pk: int) -> None:
    """Read a source that waits, and take what is new. Another worker that has the same message finds nothing to do."""
    claimed = GitSource.objects.filter(pk=pk, state=SourceState.QUEUED)
    if not claimed.update(state=SourceState.RUNNING, again=False, changed_at=timezone.now()):
        return
    source = GitSource.objects.select_related("course").get(pk=pk)
    try:
        fetched = _read(source)
        _take(source, fetched)
    finally:
        GitSource.objects.filter(pk=pk).update(state=SourceState.IDLE, changed_at=timezone.now())
    if GitSource.objects.filter(pk=pk, again=True).exists():
        ask(source)


def _read(source: GitSource) -> Fetched:
    if source.course.is_archived:
        return Fetched(error="The course is archived. Open it again first.")
    try:
        private_key = Secrets(source).private_key.encode()
    except PackageRefused as error:
        return Fetched(error=str(error))
    asked = Fetch(
        address=source.address,
        branch=source.branch,
        folder=source.folder,
        known=source.commit,
        private_key=private_key if source.is_ssh else b"",
        host_key=source.host_key,
        allow_private=settings.SOURCES_ALLOW_PRIVATE,
        max_pack=settings.SOURCES_MB * 2**20,
    )
    return fetching.fetch(asked, seconds=settings.SOURCES_SECONDS)


def _take(source: GitSource, fetched: Fetched) -> None:
    """Record what a fetch found. A commit is known only if all of it was taken, so the next fetch tries again."""
    source.fetched_at, source.error = timezone.now(), fetched.error[:500]
    source.host_key = source.host_key or fetched.host_key
    source.failures = min(source.failures + 1, 100) if fetched.error else 0
    if not fetched.error and not fetched.unchanged:
        whole = taking.take(source, fetched)
        source.commit, source.subject = fetched.commit if whole else "", fetched.subject
    names = ["fetched_at", "error", "host_key", "failures", "commit", "subject"]
    GitSource.objects.filter(pk=source.pk).update(**{name: getattr(source, name) for name in names})
    log.info("source_fetched", source=source.pk, commit=fetched.commit, error=fetched.error)


def poll() -> int:
    """Ask for the fetches that are due, and return how many. After each failure the wait doubles, up to a day."""
    now = timezone.now()
    lost = Q(state__in=[SourceState.QUEUED, SourceState.RUNNING], changed_at__lt=now - LOST)
    GitSource.objects.filter(lost).update(state=SourceState.IDLE, changed_at=now)
    SourcePush.objects.filter(at__lt=now - REMEMBERED).delete()
    due = [source for source in _open_sources() if _is_due(source)]
    for source in due:
        with transaction.atomic():
            ask(source)
    taking.advance_all()
    return len(due)


def _open_sources() -> list[GitSource]:
    return list(GitSource.objects.filter(course__archived_at=None, state=SourceState.IDLE, fetched_at__isnull=False))


def _is_due(source: GitSource) -> bool:
    assert source.fetched_at is not None
    wait = timedelta(seconds=settings.SOURCES_POLL_SECONDS) * 2 ** min(source.failures, 10)
    return bool(source.fetched_at + min(wait, LONGEST_WAIT) <= timezone.now())
