"""Packages in the copy of a course: the new course gets packages of its own, with the published versions."""

from collections.abc import Collection

from django.db import transaction

from server.courses.models import Course
from server.packages.models import (
    CoursePackage,
    DraftFile,
    PackageShare,
    PackageVerification,
    PackageVersion,
    VerificationState,
    VersionSource,
)


@transaction.atomic
def copy_packages(source: Course, course: Course, *, staying: Collection[str]) -> dict[int, CoursePackage]:
    """Copy the packages of a course to a new one; return the new package for the key of each old one.

    A copy has the files that are edited now, and of the history the published version and those that an assignment
    stays with (`staying`, digests), with their verifications. Packages that other courses share with the old course are
    shared with the new one too, and stand for themselves in the answer.
    """
    made = {old.pk: _copy(old, course, staying) for old in source.packages.select_related("course")}
    shared = CoursePackage.objects.filter(shares__course=source).select_related("course")
    for package in shared:
        PackageShare.objects.get_or_create(package=package, course=course)
        made[package.pk] = package
    return made


def _copy(old: CoursePackage, course: Course, staying: Collection[str]) -> CoursePackage:
    new = CoursePackage.objects.create(
        course=course,
        kind=old.kind,
        slug=old.slug,
        published_id=old.published_id,
        published_at=old.published_at,
        published_by_id=old.published_by_id,
        withdrawn_at=old.withdrawn_at,
        origin=f"copied with {old.course.title}"[:200],
        draft_revision=old.draft_revision,
    )
    DraftFile.objects.bulk_create(
        DraftFile(
            package=new, path=one.path, content=bytes(one.content), size=one.size, changed_by_id=one.changed_by_id
        )
        for one in old.draft_files.all()
    )
    used = {old.published_id, *staying}
    history = [one for one in old.versions.order_by("number") if one.version_id in used]
    for number, one in enumerate(history, start=1):
        _copy_version(one, new, number)
    return new


def _copy_version(old: PackageVersion, package: CoursePackage, number: int) -> None:
    version = PackageVersion.objects.create(
        package=package,
        number=number,
        version_id=old.version_id,
        made_by_id=old.made_by_id,
        source=VersionSource.COPY,
        commit=old.commit,
        note=old.note,
    )
    passed = PackageVerification.objects.filter(
        package_version__package=old.package_id,
        package_version__version=old.version_id,
        state=VerificationState.PASSED,
    ).first()
    if passed is not None:
        PackageVerification.objects.create(
            package_version=version,
            state=passed.state,
            verified=passed.verified,
            grader=passed.grader,
            started_at=passed.started_at,
            sent_at=passed.sent_at,
            finished_at=passed.finished_at,
        )
