"""What was fetched becomes versions of packages; these are verified, and published if the course says so.

A package that fails stops no other one: its row says why.
"""

import re
from typing import Any

from django.db import transaction

from grader.packages.catalogue import SLUG
from server.courses.models import Course
from server.courses.selectors import CourseArchived
from server.packages.errors import PackageRefused, QuotaReached
from server.packages.models import (
    LONGEST_SLUG,
    CoursePackage,
    PackageKind,
    PackageVerification,
    PackageVersion,
    VersionSource,
)
from server.packages.services import create_package, has_passed, make_version, publish
from server.packages.verifying import verify
from server.queue import publish_after_commit
from server.sources.git.addresses import read_address
from server.sources.git.messages import Fetched, FetchedPackage
from server.sources.models import GitSource, SourcePackage

_OTHER = re.compile(r"[^a-z0-9]+")


def take(source: GitSource, fetched: Fetched) -> bool:
    """Make a version of each package of a commit, and return whether every package was taken."""
    seen: set[str] = set()
    for package in fetched.packages:
        slug = slug_of(source, package.path)
        error, file = package.error, package.file
        if not error and slug in seen:
            error = f"Another folder of the repository is the package {slug} as well. Rename one."
        seen.add(slug)
        version = None
        if not error:
            try:
                version = _version(source, slug, package, fetched)
            except (PackageRefused, CourseArchived) as refused:
                error = str(refused)
        _note(source, package.path, slug, version, error, file)
    source.packages.exclude(path__in=[package.path[:300] for package in fetched.packages]).delete()
    advance(source.course)
    return not source.packages.exclude(error="").exists()


def slug_of(source: GitSource, path: str) -> str:
    """Return the slug of a package: the last two parts of its path in the repository, or of the repository's own."""
    repository = read_address(source.address, allow_private=True).name
    parts = [part for part in f"{repository}/{source.folder}/{path}".lower().split("/") if part]
    return "/".join(_OTHER.sub("-", part).strip("-") for part in parts[-2:])


@transaction.atomic
def _version(source: GitSource, slug: str, package: FetchedPackage, fetched: Fetched) -> PackageVersion:
    if not SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG:
        raise PackageRefused(
            f"The folder gives the name {slug}, which no package can have. Name the last two folders in small letters, "
            "like gradients/two_variables."
        )
    kind = PackageKind.LESSON if "lesson.md" in package.files else PackageKind.EXERCISE
    row = CoursePackage.objects.filter(course=source.course, slug=slug).first()
    if row is None:
        row = create_package(source.course, kind, slug, by=None, files=package.files, origin=f"from {source}"[:200])
    elif row.git_packages.exclude(source=source).exists():
        raise PackageRefused(f"Another Git source of this course has the package {slug} already.")
    elif row.kind != kind:
        raise PackageRefused(f"The course has a {row.kind} {slug} already. Rename the folder.")
    note, commit = fetched.subject, fetched.commit
    return make_version(row, by=None, source=VersionSource.GIT, files=package.files, commit=commit, note=note)


def _note(source: GitSource, path: str, slug: str, version: PackageVersion | None, error: str, file: str) -> None:
    values = {
        "slug": slug[:LONGEST_SLUG],
        "package": version.package if version else None,
        "package_version": version,
        "error": error[:500],
        "file": file[:300],
        "is_open": version is not None,
    }
    SourcePackage.objects.update_or_create(source=source, path=path[:300], defaults=values)


def advance(course: Course) -> None:
    """Verify the versions of a course that wait for it, as far as its quota goes, and publish what has passed."""
    rows = SourcePackage.objects.filter(source__course=course, is_open=True, package_version__isnull=False)
    has_room = True
    for row in rows.select_related("source", "package_version__package__course").order_by("pk"):
        has_room = _advance(row, has_room)


def _advance(row: SourcePackage, has_room: bool) -> bool:
    """Go on with one package, and return whether another verification can begin."""
    version = row.package_version
    assert version is not None
    latest = version.verifications.first()
    try:
        if latest is None and has_room:
            latest = verify(version, by=None)
        if latest is None or latest.is_waiting:
            return has_room
        if row.source.publishes and has_passed(version) and version.package.published_id != version.version_id:
            publish(version, by=None)
        error = ""
    except QuotaReached:
        return False
    except (PackageRefused, CourseArchived) as refused:
        error = str(refused)
    SourcePackage.objects.filter(pk=row.pk).update(is_open=False, error=error[:500])
    return has_room


def advance_all() -> None:
    """Go on with every course that has open packages: for messages that were lost."""
    for course in Course.objects.filter(git_sources__packages__is_open=True, archived_at=None).distinct():
        advance(course)


def on_verification(sender: Any, verification: PackageVerification, **_: Any) -> None:
    """Go on with a course's packages as soon as one verification ended. Connected to `verification_ended`."""
    course = verification.package_version.package.course_id
    if SourcePackage.objects.filter(source__course=course, is_open=True).exists():
        publish_after_commit("sources.advance", course)
