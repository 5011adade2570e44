"""Every write to packages and their versions, except to single files (`files`), verifications and runs.

create_package, copy_from_library, copy_package, delete_package
make_version         keep the files as a version in the history
publish, withdraw, restore
share, unshare       let another course use the published versions

Each takes `by`, the person who acts (None: the system), and writes the audit log. Each refuses archived courses.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from grader.packages import archives
from grader.packages.catalogue import SLUG, find_package
from server.accounts.models import User
from server.audit.models import AuditAction
from server.audit.services import record
from server.courses.models import Course
from server.packages import quotas
from server.packages.access import require_edit
from server.packages.errors import NotVerified, PackageRefused
from server.packages.files import accepted, draft_files, locked, replace_draft
from server.packages.models import (
    LONGEST_NOTE,
    LONGEST_SLUG,
    CoursePackage,
    PackageKind,
    PackageShare,
    PackageVersion,
    VerificationState,
    Version,
    VersionSource,
)
from server.packages.scaffolds import scaffold

_ID = re.compile(rb'^id *= *"[^"\n]*"', re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Publication:
    """What publishing did: the version, how many assignments follow it, and how many stay with the one they have.

    `outdated` counts the graded submissions, in this course's assignments that follow, which another version graded:
    the offer of a regrade is about them. Other courses that share the package see that offer themselves.
    """

    version: PackageVersion
    follows: int
    stays: int
    outdated: int


@transaction.atomic
def create_package(
    course: Course,
    kind: PackageKind,
    slug: str,
    *,
    by: User | None,
    files: Mapping[str, bytes] | None = None,
    origin: str = "",
) -> CoursePackage:
    """Make a package of a course with these files; without files, with those of the scaffold.

    Raises PackageRefused if the slug is malformed or taken, or if the course has too many packages.
    """
    course = Course.objects.select_for_update(no_key=True).get(pk=course.pk)
    require_edit(by, course)
    _check_slug(course, slug)
    quotas.check_packages(course)
    package = CoursePackage.objects.create(course=course, kind=kind, slug=slug, origin=origin)
    replace_draft(package, scaffold(kind, slug) if files is None else files, by=by)
    record(AuditAction.PACKAGE_MADE, course=course, by=by, what=slug, after=origin or "new")
    package.refresh_from_db()
    return package


def copy_from_library(course: Course, slug_from: str, slug_to: str, *, by: User | None) -> CoursePackage:
    """Make a package of a course from one of the installation's library. The copy gets an id of its own.

    Raises UnknownExercise if the library does not have it, and PackageRefused as `create_package`.
    """
    files = archives.files_of(find_package(slug_from).folder)
    return create_package(
        course, PackageKind.EXERCISE, slug_to, by=by, files=with_own_id(files), origin=f"copied from {slug_from}"
    )


def copy_package(course: Course, source: CoursePackage, slug_to: str, *, by: User | None) -> CoursePackage:
    """Make a package of a course from the published version of another package, which the course can use.

    The copy of a course's own package has the files that are edited now. Raises PackageRefused if the course cannot
    use the package, or if nothing of it is published.
    """
    if source.course_id == course.pk:
        files = draft_files(source)
    elif source.published is None or not source.shares.filter(course=course).exists():
        raise PackageRefused("This package is not shared with the course.")
    else:
        files = archives.unpack(bytes(source.published.archive))
    origin = f"copied from {source.slug}" + ("" if source.course_id == course.pk else f" of {source.course.title}")
    kind = PackageKind(source.kind)
    return create_package(course, kind, slug_to, by=by, files=with_own_id(files), origin=origin[:200])


def with_own_id(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files with a new id in `exercise.toml`: two exercises never have the same one."""
    manifest = files.get("exercise.toml")
    if manifest is None:
        return dict(files)
    own = f'id = "{uuid.uuid4()}"'.encode()
    return {**files, "exercise.toml": _ID.sub(own, manifest, count=1)}


@transaction.atomic
def make_version(
    package: CoursePackage,
    *,
    by: User | None,
    source: VersionSource,
    files: Mapping[str, bytes] | None = None,
    commit: str = "",
    note: str = "",
) -> PackageVersion:
    """Keep files as the newest version of a package, and return it. The same files as the newest one make no other.

    `files` come from outside and become the draft; without them, it is the draft. Edits that no version has yet are
    kept as a version of their own first. Raises PackageRefused if no package can have the files.
    """
    row = locked(package, by)
    if files is not None:
        kept = accepted(files)
        _keep_edits(row, kept)
        replace_draft(row, kept, by=by)
    else:
        kept = draft_files(row)
    return _append(row, kept, by=by, source=source, commit=commit, note=note)


def store(kind: PackageKind, files: Mapping[str, bytes]) -> Version:
    """Return the stored version of these files; it is stored if it is new. Raises PackageRefused for refused files."""
    kept = accepted(files)
    if not kept:
        raise PackageRefused("There are no files yet.")
    digest = archives.digest_of(kept)
    # Its time is renewed: old versions that nobody refers to are deleted.
    if Version.objects.filter(pk=digest).update(made_at=timezone.now()):
        return Version.objects.defer("archive").get(pk=digest)
    try:
        archive = archives.pack(kept)
    except archives.ArchiveError as error:
        raise PackageRefused(str(error)) from None
    made = {"archive": archive, "kind": kind, "size": len(archive), "files": len(kept)}
    return Version.objects.get_or_create(digest=digest, defaults=made)[0]


def _keep_edits(row: CoursePackage, new: Mapping[str, bytes]) -> None:
    """Keep the draft in the history if files from outside would overwrite edits that no version has."""
    edited = draft_files(row)
    if not edited or edited == new:
        return
    # Nobody edited the files of a new package yet.
    untouched = row.draft_revision <= 1 and not row.versions.exists()
    if not untouched and not row.versions.filter(version=archives.digest_of(edited)).exists():
        _append(row, edited, by=None, source=VersionSource.PAGE, note="Edits that other files replaced")


def _append(
    row: CoursePackage,
    files: Mapping[str, bytes],
    *,
    by: User | None,
    source: VersionSource,
    commit: str = "",
    note: str = "",
) -> PackageVersion:
    version = store(PackageKind(row.kind), files)
    newest = row.versions.select_related("version").defer("version__archive").order_by("-number").first()
    if newest is not None and newest.version_id == version.pk:
        return newest
    if not row.versions.filter(version=version).exists():
        quotas.check_bytes(row.course, more=version.size)
    made = PackageVersion.objects.create(
        package=row,
        number=1 + (newest.number if newest else 0),
        version=version,
        made_by=by,
        source=source,
        commit=commit[:64],
        note=" ".join(note.split())[:LONGEST_NOTE],
    )
    record(AuditAction.VERSION_MADE, course=row.course, by=by, what=row.slug, after=f"version {made.number}")
    return made


@transaction.atomic
def publish(package_version: PackageVersion, *, by: User | None) -> Publication:
    """Make a version the one that the course uses. No grade changes. Raises NotVerified if it has not passed.

    It answers which assignments follow, and what a regrade would be about.
    """
    row = locked(package_version.package, by)
    if not has_passed(package_version):
        raise NotVerified("This version has not passed its verification. Verify it, and mend what is found.")
    if row.published_id != package_version.version_id:
        row.published, row.published_at, row.published_by = package_version.version, timezone.now(), by
        row.save(update_fields=["published", "published_at", "published_by"])
        row.assignments.filter(stays=False).update(version=row.published)
        record(
            AuditAction.PACKAGE_PUBLISHED,
            course=row.course,
            by=by,
            what=row.slug,
            after=f"version {package_version.number}",
        )
    return publication(row, package_version)


def publication(package: CoursePackage, package_version: PackageVersion) -> Publication:
    """Return how a version is used while it is the published one. Two queries."""
    uses = package.assignments.aggregate(
        follows=Count("pk", filter=Q(stays=False)), stays=Count("pk", filter=Q(stays=True))
    )
    graded = Q(submissions__kind="submit", submissions__state="graded") & ~Q(
        submissions__digest=package_version.version_id
    )
    own = package.assignments.filter(stays=False, course=package.course_id)
    outdated = own.aggregate(count=Count("submissions", filter=graded))["count"]
    return Publication(version=package_version, follows=uses["follows"], stays=uses["stays"], outdated=outdated)


def has_passed(package_version: PackageVersion) -> bool:
    """Whether a version of the package with the same files has passed its verification."""
    same = package_version.verifications.model.objects.filter(
        package_version__version=package_version.version_id, package_version__package=package_version.package_id
    )
    return same.filter(state=VerificationState.PASSED).exists()


@transaction.atomic
def withdraw(package: CoursePackage, *, by: User | None) -> None:
    """Offer a package for no new assignment. Assignments that use it go on with their version."""
    row = locked(package, by)
    if row.withdrawn_at is None:
        row.withdrawn_at = timezone.now()
        row.save(update_fields=["withdrawn_at"])
        record(AuditAction.PACKAGE_WITHDRAWN, course=row.course, by=by, what=row.slug)


@transaction.atomic
def restore(package: CoursePackage, *, by: User | None) -> None:
    """Offer a withdrawn package again."""
    row = locked(package, by)
    if row.withdrawn_at is not None:
        row.withdrawn_at = None
        row.save(update_fields=["withdrawn_at"])
        record(AuditAction.PACKAGE_RESTORED, course=row.course, by=by, what=row.slug)


@transaction.atomic
def delete_package(package: CoursePackage, *, by: User | None) -> None:
    """Delete a package with its history. Raises PackageRefused if an assignment uses it: it can be withdrawn."""
    row = locked(package, by)
    if row.assignments.exists():
        raise PackageRefused("An assignment uses this package. Withdraw it: then it is offered for no new one.")
    record(AuditAction.PACKAGE_DELETED, course=row.course, by=by, what=row.slug)
    row.delete()


@transaction.atomic
def share(package: CoursePackage, course: Course, *, by: User | None) -> None:
    """Let another course use the published versions of a package. Raises PackageRefused for its own course."""
    row = locked(package, by)
    if course.pk == row.course_id:
        raise PackageRefused("The package belongs to this course already.")
    if PackageShare.objects.get_or_create(package=row, course=course)[1]:
        record(AuditAction.PACKAGE_SHARED, course=row.course, by=by, what=row.slug, after=course.title)


@transaction.atomic
def unshare(package: CoursePackage, course: Course, *, by: User | None) -> None:
    """Let another course use a package for no new assignments. Those that have it go on with it."""
    row = locked(package, by)
    if row.shares.filter(course=course).delete()[0]:
        record(AuditAction.PACKAGE_UNSHARED, course=row.course, by=by, what=row.slug, after=course.title)


def _check_slug(course: Course, slug: str) -> None:
    if not SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG:
        raise PackageRefused(f"{slug!r} is not a slug; write unit/name in small letters, like gradients/my-idea.")
    if course.packages.filter(slug=slug).exists():
        raise PackageRefused(f"The course has a package {slug} already. Choose another name, or edit that one.")
