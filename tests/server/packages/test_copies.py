"""Packages in the copy of a course: the new course has its own, and its assignments use those."""

import pytest

from server.course_setup.copying import CopyPlan, copy_course
from server.gradebook.services import stay
from server.packages.files import draft_files, save_file
from server.packages.services import has_passed, share, unshare
from tests.support.packages import assign, make_published, package_files, publish_files
from tests.support.people import make_course, make_member

pytestmark = pytest.mark.django_db
NEW = {"slug": "next-term", "title": "Next term", "term": ""}


def test_a_copied_course_has_packages_of_its_own(course, instructor):
    package = make_published(course, by=instructor)
    follows, stays = (assign(package, slug=f"own/{name}") for name in ("follows", "stays"))
    stay(stays, package.versions.get(), by=instructor)
    publish_files(package, package_files(title="The second"), by=instructor)
    save_file(package, "notes.md", b"in work", base_revision=0, by=instructor)
    follows.refresh_from_db()
    made = copy_course(course, CopyPlan(course=NEW), by=instructor)

    copy = made.packages.get()
    rows = {one.slug: one for one in made.assignments.exclude(package=None)}
    assert {one.package for one in rows.values()} == {copy}
    assert {one.library for one in rows.values()} == {f"course-{made.pk}"}
    assert [rows[one.slug].version_id for one in (follows, stays)] == [follows.version_id, stays.version_id]
    assert [rows[one.slug].stays for one in (follows, stays)] == [False, True]
    assert draft_files(copy)["notes.md"] == b"in work"
    assert [has_passed(one) for one in copy.versions.all()] == [True, True]
    # From now on, they are two.
    publish_files(package, package_files(title="The third"), by=instructor)
    rows["own/follows"].refresh_from_db()
    assert rows["own/follows"].version_id == follows.version_id


def test_a_copy_keeps_what_is_shared_and_nothing_else(course, instructor):
    owner = make_course()
    teacher = make_member(owner, "instructor")
    one, other = (
        make_published(owner, f"own/{name}", by=teacher, files=package_files(title=name)) for name in ("one", "other")
    )
    for package in (one, other):
        share(package, course, by=teacher)
        assign(package, course, slug=package.slug)
    unshare(other, course, by=teacher)
    made = copy_course(course, CopyPlan(course=NEW), by=instructor)

    kept = made.assignments.get(slug="own/one")
    assert (kept.package, kept.library) == (one, one.library)
    assert not made.assignments.filter(slug="own/other").exists()
