"""What the studio writes for an author, in steps of `server.packages`: copies, kept mistakes, and what they get."""

from collections.abc import Sequence

from django.db import transaction

from grader.packages import archives
from grader.packages.catalogue import find_package
from grader.packages.mistakes import sources_in
from grader.packages.mistakes_file import with_results
from grader.protocol.reports import Report
from grader.protocol.verifications import MistakeResult, result_of
from server.accounts.models import User
from server.courses.models import Course
from server.packages.errors import PackageRefused
from server.packages.files import draft_files, save_file
from server.packages.models import CoursePackage, DraftFile, PackageKind, PackageRun
from server.packages.services import create_package, with_own_id
from server.studio import drafting, guide

MISTAKES = "mistakes.toml"
STARTER = "starter"
MOST_NAMES = 100


def copy_exercise(
    course: Course,
    source: str | CoursePackage,
    slug: str,
    *,
    title: str,
    words: dict[str, str],
    mistakes: bool,
    alternatives: bool,
    by: User,
) -> CoursePackage:
    """Copy an exercise of the library, by its slug, or a package into a course, with these changes.

    Raises PackageRefused, and UnknownExercise if the library has no such exercise.
    """
    if isinstance(source, str):
        files, origin, kind = archives.files_of(find_package(source).folder), source, PackageKind.EXERCISE
    else:
        files, origin, kind = files_to_copy(course, source), source.slug, PackageKind(source.kind)
    left_out = [f"{name}/" for name, kept in (("mistakes", mistakes), ("alternatives", alternatives)) if not kept]
    kept = {path: content for path, content in files.items() if not path.startswith(tuple(left_out))}
    if not mistakes and MISTAKES in kept:
        kept[MISTAKES] = b""
    kept = with_own_id(drafting.replaced(kept, words))
    for main in ("exercise.toml", "lesson.md"):
        if main in kept and title:
            kept[main] = drafting.titled(kept[main], title)
    return create_package(course, kind, slug, by=by, files=kept, origin=f"copied from {origin}"[:200])


def files_to_copy(course: Course, source: CoursePackage) -> dict[str, bytes]:
    """Return the files of a package that a course can copy: its own draft, or what another course published.

    Raises PackageRefused if the other course does not share it.
    """
    if source.course_id == course.pk:
        return draft_files(source)
    if source.published is None or not source.shares.filter(course=course).exists():
        raise PackageRefused("This package is not shared with the course.")
    return archives.unpack(bytes(source.published.archive))


@transaction.atomic
def keep_mistake(run: PackageRun, words: str, *, by: User) -> DraftFile:
    """Write the answer of a run into `mistakes/`, and what it got into `mistakes.toml`. Return the new file.

    Raises PackageRefused if the run has no report, or if the answer is right.
    """
    report = Report.from_dict(run.report) if run.report else None
    if report is None:
        raise PackageRefused("This answer has no result yet.")
    if report.points >= report.max_points:
        raise PackageRefused("This answer gets every point: it is no mistake.")
    files = draft_files(run.package)
    name = _free(drafting.file_name(words), files)
    source = drafting.with_docstring(run.source, words)
    made = save_file(run.package, f"mistakes/{name}.py", source.encode(), base_revision=0, by=by)
    text = with_results(_mistakes_of(files), [result_of(name, report)], sources={name: source})
    _write(run.package, text, by=by)
    return made


def write_mistakes(package: CoursePackage, results: Sequence[MistakeResult], *, by: User) -> None:
    """Write what the wrong answers got into `mistakes.toml`."""
    files = draft_files(package)
    text = with_results(_mistakes_of(files), results, sources=sources_in(files), remove_others=True)
    _write(package, text, by=by)


def write_starter(package: CoursePackage, *, by: User) -> None:
    """Write a starter from the signatures of the manifest. Raises PackageRefused if it names no function."""
    files = draft_files(package)
    signatures = guide.signatures_of(files.get("exercise.toml", b"").decode(errors="replace"))
    if not signatures:
        raise PackageRefused("exercise.toml names no function yet: begin there.")
    docstrings = drafting.docstrings_of(files.get("solution.py", b"").decode(errors="replace"))
    _save(package, "starter.py", drafting.starter(signatures, docstrings), by=by)


def _write(package: CoursePackage, text: str, *, by: User) -> None:
    _save(package, MISTAKES, text, by=by)


def _save(package: CoursePackage, path: str, text: str, *, by: User) -> None:
    there = package.draft_files.filter(path=path).only("revision").first()
    save_file(package, path, text.encode(), base_revision=there.revision if there else 0, by=by)


def _mistakes_of(files: dict[str, bytes]) -> str:
    return files.get(MISTAKES, b"").decode(errors="replace")


def _free(name: str, files: dict[str, bytes]) -> str:
    names = [name, *(f"{name}_{number}" for number in range(2, MOST_NAMES))]
    taken = {path.lower() for path in files} | {f"mistakes/{STARTER}.py"}
    free = next((one for one in names if f"mistakes/{one}.py" not in taken), None)
    if free is None:
        raise PackageRefused("Too many mistakes have this name. Choose another one.")
    return free
