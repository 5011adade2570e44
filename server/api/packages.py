"""Packages through the API: the ZIP that comes in, and the conditions under which something changes."""

from collections.abc import Mapping

from django.db import transaction

from grader.packages import archives
from server.accounts.models import User
from server.api.access import Access
from server.api.conditions import matches
from server.api.problems import At, Code, Problem
from server.courses.models import Course
from server.packages.errors import NotVerified, PackageRefused, QuotaReached
from server.packages.models import CoursePackage, PackageKind, PackageVersion, VersionSource
from server.packages.selectors import packages_of
from server.packages.services import create_package, make_version


def files_in(archive: bytes) -> dict[str, bytes]:
    """Return the files of a ZIP. Raises Problem with the file that is refused."""
    try:
        files = archives.unpack(archive)
    except archives.ArchiveError as error:
        pointer = "".join(f"/{part}" for part in [error.file.replace("~", "~0").replace("/", "~1")] if part)
        raise Problem(Code.INVALID, str(error), [At(pointer=pointer, detail=error.text)]) from None
    if not any(manifest in files for manifest in archives.MANIFESTS):
        detail = "The ZIP is no package: it has neither an exercise.toml nor a lesson.md at its top."
        raise Problem(Code.INVALID, detail, [At(pointer="/exercise.toml", detail="The file is missing.")])
    return files


def etag_of(version: PackageVersion) -> str:
    """Return the ETag of a package: the digest of its newest version."""
    return f'"{version.version_id}"'


def get_package(course: Course, slug: str) -> CoursePackage:
    """Return a package of a course. Raises Problem if there is none."""
    found = packages_of(course).filter(slug=slug).first()
    if found is None:
        raise Problem(Code.NOT_FOUND, "The course has no such package.")
    return found


def newest(package: CoursePackage) -> PackageVersion:
    """Return the newest version of a package. Raises Problem if it has none yet."""
    found = package.versions.select_related("package__course", "version").defer("version__archive").first()
    if found is None:
        raise Problem(Code.NOT_FOUND, "There is no version of this package yet.")
    return found


def check_unchanged(package: CoursePackage, if_match: str | None) -> None:
    """Raise Problem if the caller names a version that is not the newest one. Locks the package."""
    CoursePackage.objects.select_for_update().get(pk=package.pk)
    if if_match is not None and not matches(if_match, etag_of(newest(package))):
        raise Problem(Code.PRECONDITION_FAILED, "The package has another version since you read it.")


@transaction.atomic
def put(
    access: Access, course: Course, slug: str, files: Mapping[str, bytes], *, if_match: str | None, commit: str
) -> tuple[PackageVersion, bool]:
    """Make a version of these files, and return it, and whether the package is new. Raises Problem."""
    by: User = access.person
    kind = PackageKind.LESSON if "exercise.toml" not in files else PackageKind.EXERCISE
    package = packages_of(course).filter(slug=slug).first()
    is_new = package is None
    if package is None:
        if if_match is not None:
            raise Problem(Code.PRECONDITION_FAILED, "The course has no such package.")
        package = create_package(course, kind, slug, by=by, files=files, origin="from the API")
    else:
        check_unchanged(package, if_match)
        if package.kind != kind:
            raise Problem(Code.CONFLICT, f"The course has a {package.kind} of this name already.")
    return make_version(package, by=by, source=VersionSource.API, files=files, commit=commit), is_new


def problem_of(error: PackageRefused) -> Problem:
    """Return the problem that answers a refusal."""
    if isinstance(error, QuotaReached | NotVerified):
        return Problem(Code.CONFLICT, str(error))
    return Problem(Code.INVALID, str(error), [At(pointer="", detail=str(error))])
