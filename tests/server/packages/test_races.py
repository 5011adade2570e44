"""Authors, graders and the clean-up at the same moment: real threads, real transactions."""

import pytest

from server.gradebook.services import stay
from server.packages import garbage, verifying
from server.packages.errors import Conflict, PackageRefused
from server.packages.files import draft_files, save_file
from server.packages.models import CoursePackage, DraftFile, PackageKind, PackageVersion, Version, VersionSource
from server.packages.services import create_package, delete_package, make_version, publish
from tests.server.packages.test_garbage import old
from tests.server.submissions.test_races import together
from tests.support.packages import assign, make_package, make_published, package_files, pass_verification
from tests.support.people import make_course, make_member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def course():
    return make_course()


@pytest.fixture
def instructor(course):
    return make_member(course, "instructor")


def test_one_of_two_saves_at_once_is_a_conflict(course, instructor):
    package = make_package(course, by=instructor)
    start = save_file(package, "notes.md", b"start", base_revision=0, by=instructor)

    def save(place):
        return save_file(package, "notes.md", f"{place}".encode(), base_revision=start.revision, by=instructor)

    results = together(save, 6)

    saved = [one for one in results if isinstance(one, DraftFile)]
    assert (len(saved), sum(isinstance(one, Conflict) for one in results)) == (1, 5), results
    assert draft_files(package)["notes.md"] == bytes(saved[0].content)


def test_versions_made_at_once_have_numbers_of_their_own(course, instructor):
    package = make_package(course, by=instructor)

    def make(place):
        files = package_files(title=f"Title {place}")
        return make_version(package, by=instructor, source=VersionSource.API, files=files)

    results = together(make, 6)

    assert sorted(one.number for one in results) == [2, 3, 4, 5, 6, 7], results
    assert PackageVersion.objects.filter(package=package).count() == 7


def test_the_same_files_of_two_courses_are_stored_once(instructor):
    people = [(one, make_member(one, "instructor")) for one in (make_course() for _ in range(4))]

    def make(place):
        where, who = people[place]
        return make_package(where, by=who)

    results = together(make, 4)

    assert all(isinstance(one, CoursePackage) for one in results), results
    assert Version.objects.count() == 1


def test_a_slug_is_taken_once(course, instructor):
    results = together(lambda _: create_package(course, PackageKind.EXERCISE, "own/one", by=instructor), 4)

    assert sum(isinstance(one, CoursePackage) for one in results) == 1
    assert sum(isinstance(one, PackageRefused) for one in results) == 3, results


def test_publishing_at_once_leaves_what_follows_with_what_is_published(course, instructor):
    package = make_published(course, by=instructor)
    made = []
    for number in range(3):
        files = package_files(title=f"Title {number}")
        made.append(make_version(package, by=instructor, source=VersionSource.PAGE, files=files))
        pass_verification(made[-1], by=instructor)
    own = assign(package)

    def work(place):
        if place == 3:
            return stay(own, made[0], by=instructor)
        if place == 4:
            return assign(package, slug="own/two")
        return publish(made[place], by=instructor)

    results = together(work, 5)

    assert not [one for one in results if isinstance(one, Exception)], results
    package.refresh_from_db()
    own.refresh_from_db()
    assert (own.stays, own.version_id) == (True, made[0].version_id)
    assert course.assignments.get(slug="own/two").version_id == package.published_id


def test_of_several_answers_at_once_one_is_recorded(course, instructor):
    newest = make_package(course, by=instructor).versions.first()
    made = verifying.verify(newest, by=instructor)

    def answer(place):
        found = {"seconds": float(place)}
        return verifying.record_verification(verification=str(made.pk), token=made.token, verified=found)

    results = together(answer, 6)

    made.refresh_from_db()
    assert results.count(True) == 1, results
    assert made.verified["seconds"] == results.index(True)


def test_files_stored_while_they_are_cleaned_up_are_there(course, instructor):
    for _ in range(5):
        delete_package(make_package(course, by=instructor), by=instructor)
        old()
        results = together(lambda place: make_package(course, by=instructor) if place else garbage.collect_garbage(), 2)

        package = results[1]
        assert isinstance(package, CoursePackage), results
        assert Version.objects.filter(pk=package.versions.get().version_id).exists()
        delete_package(package, by=instructor)
