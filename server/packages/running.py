"""Every write to a run of a file of a package.

run_file             accept, commit, then queue: an ordinary job, graded with the files that authors edit now
record_run           record the report
record_run_failure   record that a grader failed
reconcile            end runs that nobody answers
forget               delete old runs
"""

import secrets
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from grader.protocol.jobs import Job, Scope
from grader.protocol.sources import check_source
from server.accounts.models import User
from server.common.reports import read_report
from server.packages import quotas
from server.packages.delivery import bring_after_commit
from server.packages.errors import PackageRefused
from server.packages.files import draft_files, locked
from server.packages.manifests import runtime_of
from server.packages.models import CoursePackage, PackageKind, PackageRun, RunState
from server.packages.services import store
from server.queue import publish, reply

log = structlog.get_logger(__name__)

# After so long without an answer, a run is over; graders do not start it any more.
PATIENCE = timedelta(minutes=3)
KEPT = timedelta(days=1)


@transaction.atomic
def run_file(
    package: CoursePackage,
    path: str,
    *,
    by: User,
    source: str | None = None,
    scope: Scope = Scope.ALL,
    seed: int | None = None,
    variant: int = 0,
) -> PackageRun:
    """Grade one file of an exercise as if a learner had handed it in; nothing counts.

    `source` replaces what the draft has under that path. `seed` decides the secret cases; without one, they are new.
    Raises QuotaReached, or PackageRefused if it is not text that can be graded.
    """
    row = locked(package, by)
    if row.kind != PackageKind.EXERCISE:
        raise PackageRefused("A lesson has no files that are graded. Run its blocks in the preview.")
    quotas.check_runs(by)
    files = draft_files(row)
    text = _decoded(path, files.get(path)) if source is None else source
    _check(text)
    version = store(PackageKind(row.kind), files)
    made = PackageRun.objects.create(
        package=row,
        digest=version.pk,
        by=by,
        path=path,
        source=text,
        scope=scope,
        seed=secrets.randbits(63) if seed is None else seed,
        variant=variant,
        runtime=runtime_of(files),
    )
    bring_after_commit(version.pk)
    transaction.on_commit(partial(_send, made))
    return made


def _decoded(path: str, content: bytes | None) -> str:
    if content is None:
        raise PackageRefused(f"There is no file {path}.")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise PackageRefused(f"{path} is not UTF-8 text, so it cannot be run.") from None


def _check(source: str) -> None:
    try:
        check_source(source)
    except ValueError as error:
        raise PackageRefused(f"This cannot be run: {error}.") from None


def _send(run: PackageRun) -> None:
    job = Job(
        submission=str(run.pk),
        token=run.token,
        exercise=run.package.slug,
        digest=run.digest,
        source=run.source,
        seed=run.seed,
        runtime=run.runtime,
        scope=Scope(run.scope),
        variant=run.variant,
        library=run.package.library,
    )
    token = {"run": str(run.pk), "token": run.token}
    sent = publish(
        "grader.grade",
        job.to_dict(),
        task_id=str(run.pk),
        queue=f"grading.{run.runtime}",
        link=reply("packages.record_run"),
        link_error=reply("packages.record_run_failure", **token),
        expires=PATIENCE.total_seconds(),
    )
    if not sent:
        record_run_failure(**token)


@transaction.atomic
def record_run(*, submission: str, token: str, report: dict[str, Any]) -> bool:
    """Save a run's report, once; False if it is refused. `submission` is the id in the job: that of the run."""
    row = _open(submission, token)
    if row is None:
        return False
    read = read_report(report)
    if read is None or read.slug != row.package.slug:
        _end(row, RunState.ERROR)
        return False
    row.report = read.to_dict()
    _end(row, RunState.DONE)
    return True


@transaction.atomic
def record_run_failure(*, run: str, token: str) -> bool:
    """Record that a grader failed; the author can run the file again."""
    row = _open(run, token)
    if row is not None:
        _end(row, RunState.ERROR)
    return row is not None


def reconcile() -> int:
    """End the runs that nobody answered in time, and return how many."""
    late = PackageRun.objects.filter(finished_at=None, started_at__lt=timezone.now() - PATIENCE)
    return late.update(state=RunState.ERROR, finished_at=timezone.now())


def forget() -> int:
    """Delete the runs that are older than a day, and return how many."""
    return PackageRun.objects.filter(started_at__lt=timezone.now() - KEPT).delete()[0]


def _open(run: str, token: str) -> PackageRun | None:
    try:
        key = UUID(run)
    except (ValueError, AttributeError, TypeError):
        return None
    rows = PackageRun.objects.select_for_update(of=("self",)).select_related("package")
    row = rows.filter(pk=key, finished_at=None).first()
    if row is None or not secrets.compare_digest(row.token, token):
        log.warning("package_run_refused", run=run)
        return None
    return row


def _end(row: PackageRun, state: RunState) -> None:
    row.state, row.finished_at = state, timezone.now()
    row.save(update_fields=["state", "report", "finished_at"])
