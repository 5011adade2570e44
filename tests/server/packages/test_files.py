"""The files that authors of a package edit: nothing is lost, nothing is overwritten."""

import pytest
from django.core.exceptions import PermissionDenied

from server.course_setup.services import archive
from server.courses.selectors import CourseArchived
from server.packages.errors import Conflict, PackageRefused, QuotaReached
from server.packages.files import delete_file, draft_files, rename_file, save_file
from server.packages.models import PackageKind, VersionSource
from server.packages.services import create_package, make_version
from tests.support.people import make_course, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def package(course, instructor):
    return create_package(course, PackageKind.EXERCISE, "own/first", by=instructor)


def test_a_new_package_begins_with_the_scaffold(package):
    files = draft_files(package)

    assert {"exercise.toml", "reference.py", "checks.py", "solution.py", "mistakes.toml"} <= set(files)
    assert b"@ID@" not in files["exercise.toml"]


def test_a_file_is_saved_over_what_its_author_read(package, instructor):
    first = save_file(package, "notes.md", b"one", base_revision=0, by=instructor)
    second = save_file(package, "notes.md", b"two", base_revision=first.revision, by=instructor)

    assert (second.revision, draft_files(package)["notes.md"]) == (2, b"two")


def test_the_second_author_gets_a_conflict_with_both_texts(package, course, instructor):
    other = make_member(course, "instructor")
    start = save_file(package, "notes.md", b"one", base_revision=0, by=instructor)
    save_file(package, "notes.md", b"theirs", base_revision=start.revision, by=other)

    with pytest.raises(Conflict) as caught:
        save_file(package, "notes.md", b"mine", base_revision=start.revision, by=instructor)
    assert (bytes(caught.value.theirs.content), caught.value.theirs.changed_by) == (b"theirs", other)
    assert draft_files(package)["notes.md"] == b"theirs"


def test_a_deleted_file_is_a_conflict_too(package, instructor):
    start = save_file(package, "notes.md", b"one", base_revision=0, by=instructor)
    delete_file(package, "notes.md", base_revision=start.revision, by=instructor)

    with pytest.raises(Conflict) as caught:
        save_file(package, "notes.md", b"mine", base_revision=start.revision, by=instructor)
    assert caught.value.theirs is None


def test_a_file_can_be_renamed_but_not_over_another(package, instructor):
    start = save_file(package, "notes.md", b"one", base_revision=0, by=instructor)
    moved = rename_file(package, "notes.md", "text.md", base_revision=start.revision, by=instructor)

    assert draft_files(package)["text.md"] == b"one"
    with pytest.raises(PackageRefused, match=r"Rename one|twice"):
        rename_file(package, "text.md", "Solution.py", base_revision=moved.revision, by=instructor)


@pytest.mark.parametrize("path", ["../x.py", "/etc/passwd", "a\\b", "a\0b", "", "__pycache__/x.pyc", "x" * 300])
def test_a_path_outside_the_package_is_refused(package, instructor, path):
    with pytest.raises(PackageRefused):
        save_file(package, path, b"x", base_revision=0, by=instructor)


@pytest.mark.parametrize("role", ["student", "ta"])
def test_only_instructors_edit(package, course, role):
    with pytest.raises(PermissionDenied):
        save_file(package, "notes.md", b"x", base_revision=0, by=make_member(course, role))


def test_the_instructor_of_another_course_does_not_edit(package):
    with pytest.raises(PermissionDenied):
        save_file(package, "notes.md", b"x", base_revision=0, by=make_member(make_course(), "instructor"))


def test_nothing_changes_in_an_archived_course(package, course, instructor):
    archive(course, by=instructor)

    for by in (instructor, None):
        with pytest.raises(CourseArchived):
            save_file(package, "notes.md", b"x", base_revision=0, by=by)


def test_the_quota_says_what_to_do(package, instructor, settings):
    settings.PACKAGE_MB_PER_COURSE = 0
    with pytest.raises(QuotaReached, match="Make data files smaller"):
        save_file(package, "data.bin", b"x" * 100, base_revision=0, by=instructor)


def test_files_from_outside_keep_edits_in_the_history(package, instructor):
    save_file(package, "notes.md", b"mine", base_revision=0, by=instructor)
    made = make_version(package, by=instructor, source=VersionSource.ZIP, files={"exercise.toml": b"title = 'x'"})

    assert set(draft_files(package)) == {"exercise.toml"}
    assert [(one.number, one.source) for one in package.versions.all()] == [(2, "zip"), (1, "page")]
    assert made.number == 2
