"""What nobody can do: reach the packages of another course, or see as a learner what a package keeps secret."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from server.api.models import TokenScope
from server.api.tokens import make_token
from server.packages import delivery, running, verifying
from server.packages.errors import PackageRefused
from server.packages.files import delete_file, rename_file, replace_draft
from server.packages.models import CoursePackage, PackageKind, Version, VersionSource
from server.packages.selectors import get_package, get_version, usable_packages
from server.packages.services import (
    copy_package,
    create_package,
    delete_package,
    make_version,
    publish,
    restore,
    share,
    unshare,
    withdraw,
)
from tests.support.packages import assign, make_package, make_published, package_files
from tests.support.people import make_course, make_member, make_report, make_student, make_submission, record

pytestmark = pytest.mark.django_db
SECRETS = ("SECRET_SOLUTION", "SECRET_REFERENCE", "SECRET_CHECKS", "SECRET_MISTAKE")


@pytest.fixture
def package(course, instructor):
    return make_published(course, by=instructor)


def every_write(package, by):
    newest = package.versions.first()
    return {
        "delete_file": lambda: delete_file(package, "checks.py", base_revision=1, by=by),
        "rename_file": lambda: rename_file(package, "checks.py", "x.py", base_revision=1, by=by),
        "replace_draft": lambda: replace_draft(package, {"x": b""}, by=by),
        "make_version": lambda: make_version(package, by=by, source=VersionSource.API, files={"x": b""}),
        "verify": lambda: verifying.verify(newest, by=by),
        "publish": lambda: publish(newest, by=by),
        "run_file": lambda: running.run_file(package, "solution.py", by=by),
        "withdraw": lambda: withdraw(package, by=by),
        "restore": lambda: restore(package, by=by),
        "delete_package": lambda: delete_package(package, by=by),
        "share": lambda: share(package, make_course(), by=by),
        "unshare": lambda: unshare(package, make_course(), by=by),
        "create_package": lambda: create_package(package.course, PackageKind.EXERCISE, "own/x", by=by),
    }


def outsiders(course):
    return {
        "student": make_student(course),
        "ta": make_member(course, "ta"),
        "instructor of another course": make_member(make_course(), "instructor"),
    }


def test_nobody_but_an_instructor_of_the_course_writes(package, course):
    done = []
    for who, by in outsiders(course).items():
        for name, deed in every_write(package, by).items():
            try:
                deed()
            except PermissionDenied:
                continue
            done.append((who, name))

    assert done == []


def test_only_those_who_teach_the_course_read(package, course):
    found = {}
    for who, by in outsiders(course).items():
        try:
            found[who] = get_package(by, course, package.slug)
            get_version(by, package, 1)
        except Http404:
            found[who] = None

    assert found == {"student": None, "ta": package, "instructor of another course": None}


def test_the_same_files_open_nothing_of_the_other_course(package):
    other = make_course()
    teacher = make_member(other, "instructor")
    twin = make_package(other, by=teacher)

    assert twin.versions.get().version_id == package.published_id
    assert Version.objects.count() == 1
    # Nothing of the first course is verified, published or shared by it.
    assert (twin.published, list(usable_packages(other))) == (None, [])
    with pytest.raises(PackageRefused):
        publish(twin.versions.get(), by=teacher)
    with pytest.raises(PackageRefused):
        copy_package(other, package, "own/copy", by=teacher)


def test_a_shared_package_is_copied_until_it_is_unshared(package, instructor):
    other = make_course()
    teacher = make_member(other, "instructor")
    share(package, other, by=instructor)
    copy = copy_package(other, package, "own/copy", by=teacher)

    ids = {bytes(one.draft_files.get(path="exercise.toml").content).split(b"\n")[2] for one in (package, copy)}
    assert (copy.course, len(ids)) == (other, 2)
    unshare(package, other, by=instructor)
    with pytest.raises(PackageRefused):
        copy_package(other, package, "own/again", by=teacher)


@pytest.mark.parametrize("way", ["page", "api"])
def test_a_learner_sees_nothing_that_is_secret(client, course, package, student, instructor, way):
    own = assign(package, slug="own/one")
    submission = make_submission(student, own)
    record(submission, make_report(5.0) | {"digest": submission.digest})
    if way == "page":
        client.force_login(student)
        base = f"/courses/{course.slug}"
        addresses = ["", "/lessons/", "/exercises/own/one/", "/grades/", "/teaching/exercises/", "/teach/packages/"]
        texts = [client.get(f"{base}{one}").content.decode() for one in addresses]
        texts.append(client.get(submission.get_absolute_url()).content.decode())
    else:
        token = make_token("Mine", courses=[course], scopes=[*TokenScope], learner=student)[1]
        headers = {"Authorization": f"Bearer {token}"}
        paths = [
            f"/assignments/{own.pk}",
            f"/assignments/{own.pk}/exercise",
            "/exercises/gradients/square",
            f"/submissions/{submission.pk}",
            f"/submissions/{submission.pk}/report",
            f"/courses/{course.slug}/packages",
            f"/courses/{course.slug}/packages/gradients/square",
        ]
        answers = [client.get(f"/api/v1{one}", headers=headers) for one in paths]
        texts = [b"".join(one).decode(errors="replace") if one.streaming else one.content.decode() for one in answers]
        assert "Write our" in texts[1]
        assert "Write our" not in texts[2]

    assert [secret for secret in SECRETS for text in texts if secret in text] == []


def test_a_grader_gets_only_versions_that_exist(package, settings, monkeypatch):
    stored = {}

    class Redis:
        def set(self, key, value, ex):
            stored[key] = (bytes(value), ex)

        def expire(self, key, _):
            return key in stored

    settings.REDIS_URL = "redis://nowhere"
    monkeypatch.setattr(delivery, "_client", lambda _: Redis())
    digest = package.published_id

    assert not delivery.provide("0" * 64)
    assert not delivery.provide("../../etc/passwd")
    delivery.bring(digest)
    delivery.bring(digest)
    assert list(stored) == [f"package:{digest}"]
    assert stored[f"package:{digest}"] == (bytes(Version.objects.get(pk=digest).archive), 3600)


def test_two_exercises_of_a_course_have_two_ids(course, package, instructor):
    twin = make_package(course, "own/twin", by=instructor, files=package_files() | {"notes.md": b"Another"})
    made = verifying.verify(twin.versions.get(), by=instructor)
    verifying.record_verification(verification=str(made.pk), token=made.token, verified={})
    made.refresh_from_db()

    assert (made.state, "the same `id`" in made.verified["problems"][0]["text"]) == ("failed", True)


def test_an_archived_course_refuses_even_the_system(course, package):
    from server.course_setup.services import archive

    archive(course, by=make_member(course, "instructor"))
    writes = every_write(package, None)
    done = []
    for name in writes.keys() - {"run_file"}:
        try:
            writes[name]()
        except PermissionDenied:
            continue
        done.append(name)
    assert done == []
    assert CoursePackage.objects.get().withdrawn_at is None
