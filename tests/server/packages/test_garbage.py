"""Old versions: what graded a submission is kept, and what nobody needs goes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from server.packages import garbage, tasks
from server.packages.models import PackageVersion, Version, VersionSource
from server.packages.services import delete_package, make_version
from tests.support.packages import assign, make_package, make_published, package_files, publish_files
from tests.support.people import make_submission

pytestmark = pytest.mark.django_db


def old():
    Version.objects.update(made_at=timezone.now() - timedelta(days=2))


def digests():
    return set(Version.objects.values_list("pk", flat=True))


def test_a_deleted_package_leaves_nothing(course, instructor):
    package = make_package(course, by=instructor)
    delete_package(package, by=instructor)
    assert len(digests()) == 1
    assert garbage.collect_garbage() == 0  # somebody could be storing the same files now
    old()

    assert (garbage.collect_garbage(), digests()) == (1, set())


def test_unused_versions_above_the_limit_go(course, instructor, settings):
    settings.PACKAGE_VERSIONS_KEPT = 2
    package = make_published(course, by=instructor)
    for number in range(5):
        files = package_files(title=f"Title {number}")
        make_version(package, by=instructor, source=VersionSource.PAGE, files=files)
    old()
    tasks.collect_garbage()

    # The published one, and the two newest that nobody used.
    assert list(package.versions.values_list("number", flat=True)) == [6, 5, 1]
    assert len(digests()) == 3


def test_what_graded_a_submission_is_kept(course, instructor, student, settings):
    settings.PACKAGE_VERSIONS_KEPT = 0
    package = make_published(course, by=instructor)
    own = assign(package, slug="own/one")
    submission = make_submission(student, own)
    publish_files(package, package_files(title="The second"), by=instructor)
    publish_files(package, package_files(title="The third"), by=instructor)
    old()
    tasks.collect_garbage()

    assert digests() == {submission.digest, package.versions.first().version_id}
    assert PackageVersion.objects.filter(version=submission.digest).exists()
