"""Every write to a verification.

verify                        begin one, in a grading worker; or take over the result for the same files
record_verification           record what the worker found
record_verification_failure   record that the worker failed
reconcile                     end verifications that nobody answers

An answer must carry the verification's token. The first answer wins.
"""

import secrets
import tomllib
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from grader import VERSION
from grader.errors import PackageError
from grader.packages import archives
from grader.protocol.verifications import PackageProblem, Verified, VerifyJob, bounded
from server.accounts.models import User
from server.common.storable import without_nul
from server.packages import quotas
from server.packages.content import archive_of
from server.packages.delivery import bring_after_commit
from server.packages.files import locked
from server.packages.manifests import runtime_of
from server.packages.models import PackageKind, PackageVerification, PackageVersion, VerificationState, Version
from server.packages.selectors import knows_exercise
from server.packages.signals import verification_ended
from server.queue import publish, reply

log = structlog.get_logger(__name__)

# After so long without an answer, a verification is over; graders do not start it any more.
PATIENCE = timedelta(minutes=30)


def queue_of(runtime: str) -> str:
    """Return the queue of verifications: graders read it after that of fresh submissions."""
    return f"regrading.{runtime}"


@transaction.atomic
def verify(package_version: PackageVersion, *, by: User | None) -> PackageVerification:
    """Run the quality checks on a version, and return the verification, which can be over already.

    One that runs for the same version is returned. A result for the same files, of the same Chainrule, is taken over.
    Raises QuotaReached if too many verifications of the course wait.
    """
    row = locked(package_version.package, by)
    waiting = package_version.verifications.filter(finished_at=None).first()
    if waiting is not None:
        return waiting
    known = _known(package_version)
    if known is not None:
        made = PackageVerification.objects.create(package_version=package_version)
        _finish(made, known)
        return made
    quotas.check_verifications(row.course)
    made = PackageVerification.objects.create(package_version=package_version)
    _send_after_commit(made)
    return made


def _known(package_version: PackageVersion) -> Verified | None:
    """Return a passing result for the same files in the same course, if this version of Chainrule found it."""
    same = PackageVerification.objects.filter(
        package_version__version=package_version.version_id,
        package_version__package__course=package_version.package.course_id,
        package_version__package__slug=package_version.package.slug,
        state=VerificationState.PASSED,
        grader=VERSION,
    )
    found = same.values_list("verified", flat=True).first()
    return Verified.from_dict(found) if found else None


def _send_after_commit(verification: PackageVerification) -> None:
    package_version = verification.package_version
    package, digest = package_version.package, package_version.version_id
    job = VerifyJob(
        verification=str(verification.pk),
        token=verification.token,
        kind="lesson" if package.kind == PackageKind.LESSON else "exercise",
        slug=package.slug,
        digest=digest,
        library=package.library,
    )
    runtime = runtime_of(archives.unpack(archive_of(digest)))
    bring_after_commit(digest)
    transaction.on_commit(partial(_send, job, runtime))


def _send(job: VerifyJob, runtime: str) -> None:
    token = {"verification": job.verification, "token": job.token}
    sent = publish(
        "grader.verify",
        job.to_dict(),
        task_id=job.verification,
        queue=queue_of(runtime),
        link=reply("packages.record_verification"),
        link_error=reply("packages.record_verification_failure", **token),
        expires=PATIENCE.total_seconds(),
    )
    if not sent:
        record_verification_failure(**token)


@transaction.atomic
def record_verification(*, verification: str, token: str, verified: dict[str, Any]) -> bool:
    """Save what a worker found, once; False if the verification is unknown or over, or the token another."""
    row = _open(verification, token)
    if row is None:
        return False
    try:
        found = bounded(Verified.from_dict(without_nul(verified)))
    except (ValueError, TypeError):
        log.warning("verification_malformed", verification=verification)
        _end(row, VerificationState.ERROR)
        return True
    _finish(row, _with_own_problems(row, found))
    return True


@transaction.atomic
def record_verification_failure(*, verification: str, token: str) -> bool:
    """Record that a worker could not verify; its author can try again."""
    row = _open(verification, token)
    if row is not None:
        _end(row, VerificationState.ERROR)
    return row is not None


def reconcile() -> int:
    """End the verifications that nobody answered in time, and return how many."""
    late = PackageVerification.objects.filter(finished_at=None, started_at__lt=timezone.now() - PATIENCE)
    return late.update(state=VerificationState.ERROR, finished_at=timezone.now())


def _open(verification: str, token: str) -> PackageVerification | None:
    try:
        key = UUID(verification)
    except (ValueError, AttributeError, TypeError):
        return None
    rows = PackageVerification.objects.select_for_update(of=("self",)).select_related(
        "package_version__package__course"
    )
    row = rows.filter(pk=key, finished_at=None).first()
    if row is None or not secrets.compare_digest(row.token, token):
        log.warning("verification_refused", verification=verification)
        return None
    return row


def _with_own_problems(row: PackageVerification, found: Verified) -> Verified:
    """Return the result with the problems that only the server knows.

    They are exercises that the package names and that do not exist, and an id that another exercise of the course has.
    """
    package = row.package_version.package
    lesson = package.kind == PackageKind.LESSON
    promise, file = ("places", "lesson.md") if lesson else ("files", "exercise.toml")
    unknown = [slug for slug in found.slugs if not knows_exercise(package.course, slug)]
    problems = [
        PackageProblem(
            promise=promise, file=file, text=f"There is no exercise {slug}. Correct the name, or make it first."
        )
        for slug in unknown
    ]
    if (other := same_id(row.package_version)) is not None:
        text = f"The package {other} has the same `id`. Give this one another: it names the exercise for ever."
        problems.append(PackageProblem(promise="files", file="exercise.toml", text=text))
    return bounded(replace(found, problems=(*found.problems, *problems)))


def same_id(package_version: PackageVersion) -> str | None:
    """Return the slug of another published exercise of the course with the same id; None if there is none."""
    package = package_version.package
    if package.kind != PackageKind.EXERCISE:
        return None
    others = package.course.packages.exclude(pk=package.pk).filter(kind=package.kind, published__isnull=False)
    own = _id_of(str(package_version.version_id))
    found = (one.slug for one in others if own is not None and _id_of(str(one.published_id)) == own)
    return next(found, None)


def _id_of(digest: str) -> str | None:
    try:
        files = archives.unpack(archive_of(digest))
        return str(tomllib.loads(files["exercise.toml"].decode())["id"])
    except (PackageError, tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, RecursionError):
        return None


def _finish(row: PackageVerification, found: Verified) -> None:
    row.verified, row.grader = found.to_dict(), VERSION
    if found.passed and found.variants:
        # Numbers that learners can have seen never change.
        Version.objects.filter(pk=row.package_version.version_id, variants__isnull=True).update(
            variants=list(found.variants)
        )
    _end(row, VerificationState.PASSED if found.passed else VerificationState.FAILED)


def _end(row: PackageVerification, state: VerificationState) -> None:
    row.state, row.finished_at = state, timezone.now()
    row.save(update_fields=["state", "finished_at", "verified", "grader"])
    verification_ended.send(PackageVerification, verification=row)
