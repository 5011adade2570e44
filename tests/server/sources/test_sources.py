"""From a push to a published version, with a real repository."""

import hmac
import json
from datetime import timedelta
from hashlib import sha256

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from grader.packages.archives import digest_of
from grader.protocol.verifications import PackageProblem, Verified
from server.course_setup.services import archive
from server.courses.selectors import CourseArchived
from server.packages.errors import PackageRefused, QuotaReached
from server.packages.models import CoursePackage, PackageKind, PackageVerification, VerificationState
from server.packages.services import create_package
from server.packages.verifying import record_verification
from server.sources import fetching, services, taking
from server.sources.git.__main__ import fetch as fetch_here
from server.sources.models import GitSource, SourceState
from tests.support.people import make_course, make_member, make_student

pytestmark = pytest.mark.django_db
FILES = {"exercise.toml": b'title = "Slope"\n', "checks.py": b"x = 1\n"}
PROBLEM = PackageProblem(promise="files", text="Name a title.", file="exercise.toml", line=3)


def fetch(source):
    """Do what the records worker does with the task of a source."""
    GitSource.objects.filter(pk=source.pk).update(state=SourceState.QUEUED)
    fetching.fetch_source(source.pk)
    source.refresh_from_db()
    return list(source.packages.all())


def end_verification(*problems):
    """Answer the oldest verification that waits, as a grader does; what follows from it happens at once."""
    row = PackageVerification.objects.filter(finished_at=None).earliest("started_at")
    verified = Verified(problems=problems, promises_done=()).to_dict()
    assert record_verification(verification=str(row.pk), token=row.token, verified=verified)
    taking.advance(row.course)
    return row


def push(client, source, *, secret=None, body=None, **more):
    body = json.dumps({"ref": "refs/heads/main", "after": "1" * 40} | (body or {}) | more).encode()
    signature = hmac.new((secret or source.secret).encode(), body, sha256).hexdigest()
    headers = {"X-GitHub-Event": "push", "X-Hub-Signature-256": f"sha256={signature}"}
    return client.post(f"/sources/{source.key}/push", body, content_type="application/json", headers=headers)


def test_a_commit_becomes_a_version_and_is_verified(source, repository, course):
    [row] = fetch(source)

    version = row.package_version
    assert (row.slug, row.error, version.source, version.made_by) == ("unit/slope", "", "git", None)
    assert (version.commit, version.note) == (source.commit, "First words")
    assert version.version_id == digest_of(FILES)
    assert version.verifications.get().state == VerificationState.QUEUED
    assert row.package.published is None


@pytest.mark.parametrize("publishes", [True, False])
def test_what_passes_is_published_only_if_the_course_says_so(add, publishes):
    source, _ = add(publishes=publishes)
    [row] = fetch(source)

    end_verification()

    row.package.refresh_from_db()
    assert (row.package.published_id == row.package_version.version_id) is publishes


def test_what_fails_is_never_published(add):
    source, _ = add(publishes=True)
    [row] = fetch(source)

    end_verification(PROBLEM)

    row.package.refresh_from_db()
    assert row.package.published is None


def test_the_page_shows_each_package_with_file_and_line(source, repository, client, instructor):
    repository.commit({"unit/broken/exercise.toml": b"", "unit/broken/CHECKS.py": b"", "unit/broken/checks.py": b""})
    fetch(source)
    end_verification(PROBLEM)
    client.force_login(instructor)

    page = client.get(f"/courses/{source.course.slug}/teach/integrations/git/").content.decode()

    assert "<code>exercise.toml:3</code> Name a title." in page
    assert "same path as" in page
    assert source.webhook_url in page
    assert source.secret not in page


def test_a_failing_package_stops_no_other(source, repository):
    repository.commit({"Bad Name/x/exercise.toml": b"", "unit/Slope/exercise.toml": b"", "a/é/exercise.toml": b""})

    rows = {row.path: row for row in fetch(source)}

    assert rows["unit/slope"].package_version or rows["unit/Slope"].package_version
    assert "Another folder" in rows["unit/slope"].error + rows["unit/Slope"].error
    assert "gives the name" in rows["a/é"].error
    assert rows["Bad Name/x"].slug == "bad-name/x"
    assert source.commit == ""  # the next fetch tries again


def test_a_package_of_another_source_or_kind_is_left_alone(source, add, repository, course, instructor):
    fetch(source)
    create_package(course, PackageKind.LESSON, "unit/text", by=instructor)
    repository.commit({"unit/text/exercise.toml": b""})
    other, _ = add()

    rows = {row.slug: row for row in fetch(other)}

    assert "Another Git source" in rows["unit/slope"].error
    assert "has a lesson unit/text" in rows["unit/text"].error


def test_edits_in_the_page_are_kept_before_git_overwrites_them(source, repository, instructor):
    from server.packages.files import draft_files, save_file

    [row] = fetch(source)
    save_file(row.package, "notes.md", b"mine", base_revision=0, by=instructor)
    repository.commit({"unit/slope/checks.py": b"x = 2\n"})

    fetch(source)

    assert "notes.md" not in draft_files(row.package)
    assert [version.source for version in row.package.versions.order_by("number")] == ["git", "page", "git"]


def test_many_packages_are_verified_as_the_quota_allows(source, repository, settings):
    settings.VERIFICATIONS_AT_ONCE = 2
    repository.commit({f"unit/p{number}/exercise.toml": str(number).encode() for number in range(4)})
    fetch(source)
    assert PackageVerification.objects.count() == 2

    for _ in range(5):
        end_verification()

    assert PackageVerification.objects.filter(state=VerificationState.PASSED).count() == 5
    assert not source.packages.filter(is_open=True).exists()


def test_a_known_commit_is_not_taken_again(source, monkeypatch):
    fetch(source)
    monkeypatch.setattr(taking, "take", lambda *_: pytest.fail("taken again"))

    fetch(source)

    assert (source.error, source.failures) == ("", 0)


def test_a_failure_is_shown_and_waits_longer_each_time(add, settings):
    source, _ = add(branch="none")
    for _ in range(3):
        fetch(source)
    assert (source.failures, "no branch none" in source.error) == (3, True)
    settings.SOURCES_POLL_SECONDS = 60

    GitSource.objects.update(fetched_at=timezone.now() - timedelta(seconds=400))
    assert fetching.poll() == 0
    GitSource.objects.update(fetched_at=timezone.now() - timedelta(seconds=500))
    assert fetching.poll() == 1


def test_a_fetch_that_was_lost_is_asked_for_again(source):
    fetch(source)
    long_ago = timezone.now() - timedelta(hours=1)
    GitSource.objects.update(state=SourceState.RUNNING, changed_at=long_ago, fetched_at=long_ago)

    assert fetching.poll() == 1


def test_one_message_of_a_task_is_enough(source, monkeypatch):
    fetch(source)
    monkeypatch.setattr(fetching.fetching, "fetch", lambda *_, **__: pytest.fail("fetched"))

    fetching.fetch_source(source.pk)


class TestPushes:
    def test_a_signed_push_asks_for_a_fetch(self, source, client, queued, django_capture_on_commit_callbacks):
        fetch(source)
        queued("records")
        with django_capture_on_commit_callbacks(execute=True):
            answer = push(client, source)

        assert answer.status_code == 202
        assert [(task, args) for task, args, _ in queued("records")] == [("sources.fetch", [source.pk])]

    def test_a_flood_starts_one_fetch(self, source, client, queued, django_capture_on_commit_callbacks):
        fetch(source)
        queued("records")
        with django_capture_on_commit_callbacks(execute=True):
            answers = [push(client, source, after=f"{number:040}").status_code for number in range(1, 30)]

        assert set(answers) == {202}
        assert len(queued("records")) == 1

    def test_a_push_during_a_fetch_starts_one_more(self, source, client, monkeypatch):
        def fetched(asked, seconds):
            for number in range(1, 4):
                push(client, source, after=f"{number:040}")
            return fetch_here(asked)

        monkeypatch.setattr(fetching.fetching, "fetch", fetched)
        fetch(source)

        assert source.state == SourceState.QUEUED

    def test_a_message_is_heard_once(self, source, client):
        assert [push(client, source).status_code for _ in range(2)] == [202, 409]

    @pytest.mark.parametrize("secret", ["whsec_wrong", "another"])
    def test_a_wrong_secret_is_refused(self, source, client, secret):
        answer = push(client, source, secret=secret)

        assert (answer.status_code, source.pushes.count()) == (401, 0)

    def test_the_secret_of_another_course_is_refused(self, source, add, client):
        _, other_secret = add(course=make_course_of(source))

        assert push(client, source, secret=other_secret).status_code == 401
        assert client.post("/sources/00000000-0000-0000-0000-000000000000/push").status_code == 404

    def test_unsigned_and_malformed_messages_are_refused(self, source, client):
        address = f"/sources/{source.key}/push"

        assert client.post(address, b"{}", content_type="application/json").status_code == 401
        assert client.get(address).status_code == 405
        assert push(client, source, ref=7).status_code == 401

    def test_a_huge_message_is_refused(self, source, client, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

        assert push(client, source, commits=["x" * 2000]).status_code == 413

    def test_other_branches_and_deleted_ones_start_nothing(self, source, client):
        fetch(source)
        push(client, source, ref="refs/heads/other")
        push(client, source, after="0" * 40)

        source.refresh_from_db()
        assert source.state == SourceState.IDLE

    def test_after_a_new_secret_the_former_one_is_refused(self, source, client, instructor):
        fresh = services.renew_secret(source, by=instructor)

        assert [push(client, source, secret=secret).status_code for secret in (source.secret, fresh)] == [401, 202]


def make_course_of(source):
    course = make_course()
    course.enrollments.create(user=source.course.enrollments.get(role="instructor").user, role="instructor")
    return course


class TestWhoCanDoWhat:
    def test_only_instructors_of_an_open_course_change_sources(self, source, course, instructor):
        for person in (make_student(course), make_member(course, "ta"), make_member(make_course(), "instructor")):
            for change in (services.fetch_now, services.renew_secret, services.remove_source):
                with pytest.raises(PermissionDenied):
                    change(source, by=person)
        archive(course, by=instructor)
        source.course.refresh_from_db()
        with pytest.raises(CourseArchived):
            services.fetch_now(source, by=instructor)
        fetch(source)
        assert "archived" in source.error

    def test_a_source_of_another_course_is_not_there(self, source, client):
        other = make_course_of(source)
        client.force_login(other.enrollments.get().user)

        for action in ("fetch", "secret", "remove", "publishing", "host-key"):
            address = f"/courses/{other.slug}/teach/integrations/git/{source.pk}/{action}"
            assert client.post(address).status_code == 404

    def test_the_whole_page_works(self, client, course, instructor, settings):
        settings.SOURCES_ALLOW_PRIVATE = True
        client.force_login(instructor)
        page = f"/courses/{course.slug}/teach/integrations/git/"
        asked = {"address": "ssh://git@127.0.0.1:1/x", "branch": "main", "folder": "a/"}

        assert client.post(page, asked | {"branch": "--x"}).status_code == 422
        made = client.post(page, asked)
        source = GitSource.objects.get()
        assert (made.status_code, source.folder, source.state) == (201, "a", "idle")
        assert source.public_key in made.content.decode()
        secret = services.Secrets(source).webhook
        assert secret in made.content.decode()
        for action in ("fetch", "secret", "publishing", "host-key"):
            assert client.post(f"{page}{source.pk}/{action}", {"publishes": "on"}).status_code in {201, 302}
        source.refresh_from_db()
        assert (source.publishes, services.Secrets(source).webhook == secret) == (True, False)
        client.post(f"{page}{source.pk}/remove")
        assert not GitSource.objects.exists()

    def test_a_click_publishes_what_passed(self, source, client, instructor):
        [row] = fetch(source)
        client.force_login(instructor)
        address = f"/courses/{source.course.slug}/teach/integrations/git/{source.pk}/packages/{row.pk}/publish"
        client.post(address)
        assert not CoursePackage.objects.exclude(published=None).exists()
        end_verification()

        client.post(address)

        assert CoursePackage.objects.get(slug="unit/slope").published_by == instructor


def test_secrets_are_encrypted_and_differ_between_sources(source, add, settings):
    other, other_secret = add()

    for row, secret in ((source, source.secret), (other, other_secret)):
        assert services.Secrets(row).webhook == secret
        assert "OPENSSH" in services.Secrets(row).private_key
        assert secret not in row.sealed
        assert "OPENSSH" not in row.sealed
    assert source.public_key != other.public_key
    settings.SECRET_KEY = "another"
    with pytest.raises(PackageRefused, match="SECRET_KEY"):
        services.Secrets(source)


def test_a_course_has_few_sources(add):
    for _ in range(services.MOST):
        add()
    with pytest.raises(QuotaReached):
        add()
