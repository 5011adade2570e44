"""The files that the authors of a package edit: its draft.

save_file, delete_file, rename_file   change one file, unless somebody else changed it meanwhile
replace_draft                         put other files in the place of all
draft_files                           read them

Each change takes a lock on the package, so authors who save at the same time take turns.
"""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from grader.packages import archives
from server.accounts.models import User
from server.packages import quotas
from server.packages.access import require_edit
from server.packages.errors import Conflict, PackageRefused
from server.packages.models import CoursePackage, DraftFile


def draft_files(package: CoursePackage) -> dict[str, bytes]:
    """Return the files that authors edit now, by their paths."""
    return {path: bytes(content) for path, content in package.draft_files.values_list("path", "content")}


@transaction.atomic
def save_file(package: CoursePackage, path: str, content: bytes, *, base_revision: int, by: User | None) -> DraftFile:
    """Save one file. `base_revision` is the revision that its author started from, 0 for a new file.

    Raises Conflict if somebody else changed or deleted it meanwhile, and PackageRefused if no package can have it.
    """
    row = locked(package, by)
    path = _checked(path)
    there = _find(row, path)
    if there is not None and bytes(there.content) == content:
        return there
    if (there.revision if there else 0) != base_revision:
        raise Conflict(path, there)
    file = there or DraftFile(package=row, path=path, revision=0, size=0)
    _check_room(row, file, content)
    file.content, file.size, file.revision = content, len(content), file.revision + 1
    file.changed_by, file.changed_at = by, timezone.now()
    file.save()
    _changed(row)
    return file


@transaction.atomic
def delete_file(package: CoursePackage, path: str, *, base_revision: int, by: User | None) -> None:
    """Delete one file. Raises Conflict if somebody else changed it meanwhile; it is fine if it is not there."""
    row = locked(package, by)
    there = _find(row, path)
    if there is None:
        return
    if there.revision != base_revision:
        raise Conflict(path, there)
    there.delete()
    _changed(row)


@transaction.atomic
def rename_file(package: CoursePackage, path: str, to: str, *, base_revision: int, by: User | None) -> DraftFile:
    """Give a file another path. Raises Conflict if somebody else changed it, PackageRefused if the path is taken."""
    row = locked(package, by)
    to = _checked(to)
    there = _find(row, path)
    if there is None or there.revision != base_revision:
        raise Conflict(path, there)
    taken = row.draft_files.exclude(pk=there.pk).values_list("path", flat=True)
    _check_paths([*taken, to])
    there.path, there.revision, there.changed_by, there.changed_at = to, there.revision + 1, by, timezone.now()
    there.save()
    _changed(row)
    return there


@transaction.atomic
def replace_draft(package: CoursePackage, files: Mapping[str, bytes], *, by: User | None) -> None:
    """Put other files in the place of all. Files that stay the same keep their revision.

    Raises PackageRefused if no package can have them. The caller keeps the former files, if they are still wanted: see
    `server.packages.services.make_version`.
    """
    row = locked(package, by)
    kept = accepted(files)
    present = {file.path: file for file in row.draft_files.all()}
    quotas.check_bytes(row.course, more=sum(map(len, kept.values())) - sum(file.size for file in present.values()))
    row.draft_files.exclude(path__in=kept).delete()
    now = timezone.now()
    for path, content in kept.items():
        file = present.get(path) or DraftFile(package=row, path=path, revision=0)
        if file.pk and bytes(file.content) == content:
            continue
        file.content, file.size, file.revision = content, len(content), file.revision + 1
        file.changed_by, file.changed_at = by, now
        file.save()
    _changed(row)


def locked(package: CoursePackage, by: User | None) -> CoursePackage:
    """Return the package, locked until the end of the transaction, for somebody who can edit it.

    Raises PermissionDenied, or CourseArchived, if nobody can or this person cannot. `by` is None for the system.
    """
    row = CoursePackage.objects.select_for_update(of=("self",)).select_related("course", "published").get(pk=package.pk)
    require_edit(by, row)
    return row


def accepted(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files that a package keeps. Raises PackageRefused, with the file's path, if one is refused."""
    try:
        return archives.accepted(files.items())
    except archives.ArchiveError as error:
        raise PackageRefused(str(error)) from None


def _checked(path: str) -> str:
    try:
        name = archives.checked_path(path)
    except archives.ArchiveError as error:
        raise PackageRefused(str(error)) from None
    if archives.left_out(name):
        raise PackageRefused(f"{name}: no package keeps such a file. Choose another name.")
    return name


def _find(row: CoursePackage, path: str) -> DraftFile | None:
    return row.draft_files.filter(path=path).first()


def _check_room(row: CoursePackage, file: DraftFile, content: bytes) -> None:
    others = row.draft_files.exclude(pk=file.pk)
    paths = [*others.values_list("path", flat=True), file.path]
    _check_paths(paths)
    total = (others.aggregate(total=Sum("size"))["total"] or 0) + len(content)
    if total > archives.MAX_UNPACKED:
        limit = archives.MAX_UNPACKED // quotas.MIB
        raise PackageRefused(f"With {file.path} the package is larger than {limit} MiB. Make the data smaller.")
    quotas.check_bytes(row.course, more=len(content) - file.size)


def _check_paths(paths: list[str]) -> None:
    """Raise PackageRefused if there are too many files, or two whose paths differ only by case."""
    try:
        archives.accepted((path, b"") for path in paths)
    except archives.ArchiveError as error:
        raise PackageRefused(str(error)) from None


def _changed(row: CoursePackage) -> None:
    row.draft_revision += 1
    row.save(update_fields=["draft_revision"])
