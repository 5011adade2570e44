"""One package has one digest, whichever way it comes: the page's ZIP, the API, and Git by https and by ssh."""

import io
import subprocess
import zipfile

import paramiko
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from grader.packages.archives import files_of
from grader.packages.catalogue import find_package
from server.api.models import TokenScope
from server.api.tokens import make_token
from server.packages.models import CoursePackage, PackageVersion, VersionSource
from server.sources import fetching, services
from server.sources.models import GitSource, SourceState
from tests.support.git_servers import ISOLATED, Authority, Repository, git, https_server, smart_http, ssh_server
from tests.support.people import make_course

pytestmark = pytest.mark.django_db


def fetch(source):
    GitSource.objects.filter(pk=source.pk).update(state=SourceState.QUEUED)
    fetching.fetch_source(source.pk)
    source.refresh_from_db()
    assert source.error == ""


def zip_by_a_desktop(files):
    """Pack as a desktop does: a folder around it, other modes and times, and files of the desktop's own."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        for name, content in {**files, ".DS_Store": b"x", "__pycache__/checks.pyc": b"x"}.items():
            opened.writestr(f"square/{name}", content)
    return packed.getvalue()


@pytest.fixture
def courses(instructor):
    made = [make_course() for _ in range(3)]
    for course in made:
        course.enrollments.create(user=instructor, role="instructor")
    return made


def test_every_way_gives_the_same_digest(exercises, tmp_path, courses, instructor, client, settings, monkeypatch):
    settings.SOURCES_ALLOW_PRIVATE = True
    folder = exercises / "gradients" / "square"
    (folder / "data").mkdir()
    (folder / "data" / "numbers.bin").write_bytes(bytes(range(256)))
    wanted = find_package("gradients/square").digest
    files, slug = files_of(folder), "gradients/square"
    page, api, by_git = courses

    client.force_login(instructor)
    upload = SimpleUploadedFile("square.zip", zip_by_a_desktop(files), content_type="application/zip")
    sent = client.post(
        reverse("studio:upload", args=[page.slug]), {"name": slug, "kind": "exercise", "archive": upload}
    )
    assert sent.status_code == 302, sent.content.decode()

    _, token = make_token("CI", courses=[api], scopes=[TokenScope.PACKAGES_WRITE], owner=instructor)
    headers = {"authorization": f"Bearer {token}"}
    address = f"/api/v1/courses/{api.slug}/packages/{slug}"
    archive = zip_by_a_desktop(files)
    client.put(address, archive, content_type="application/zip", headers=headers)
    assert client.get(address, headers=headers)["ETag"] == f'"{wanted}"'

    authority, repository = Authority(tmp_path), Repository(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.authority))
    commit = repository.commit({f"{slug}/{name}": content for name, content in files.items()})
    with https_server(smart_http(tmp_path), authority) as url:
        made = {"branch": "main", "folder": "", "publishes": False, "by": instructor}
        by_https, _ = services.add_source(by_git, address=f"{url}/prof/course.git", **made)
        fetch(by_https)
    https_version = PackageVersion.objects.get(package__course=by_git)
    services.remove_source(by_https, by=instructor)
    CoursePackage.objects.filter(course=by_git).delete()

    allowed = set()
    with ssh_server(tmp_path, allowed, paramiko.RSAKey.generate(2048)) as port:
        by_ssh, _ = services.add_source(by_git, address=f"ssh://git@127.0.0.1:{port}/prof/course.git", **made)
        allowed.add(by_ssh.public_key)
        fetch(by_ssh)
        assert by_ssh.host_key.startswith("ssh-rsa ")
        fetch(by_ssh)  # with the pinned key

    ways = {version.package.course: version for version in PackageVersion.objects.select_related("package__course")}
    found = {version.version_id for version in (*ways.values(), https_version)}
    assert (len(ways), found) == (3, {wanted})
    assert (https_version.commit, ways[by_git].commit, ways[by_git].source) == (commit, commit, VersionSource.GIT)


class TestSsh:
    @pytest.fixture
    def repository(self, tmp_path):
        made = Repository(tmp_path)
        made.commit({"exercise.toml": b""})
        return made

    def add(self, course, instructor, port, path="prof/course.git"):
        address = f"ssh://git@127.0.0.1:{port}/{path}"
        more = {"branch": "main", "folder": "", "publishes": False, "by": instructor}
        return services.add_source(course, address=address, **more)[0]

    def read(self, source):
        GitSource.objects.filter(pk=source.pk).update(state=SourceState.QUEUED, commit="")
        fetching.fetch_source(source.pk)
        source.refresh_from_db()
        return source.error

    def test_keys_of_others_and_other_servers_are_refused(self, repository, tmp_path, courses, instructor, settings):
        settings.SOURCES_ALLOW_PRIVATE = True
        allowed, commands = set(), []
        with ssh_server(tmp_path, allowed, paramiko.ECDSAKey.generate(), commands) as port:
            own, others = (self.add(course, instructor, port) for course in courses[:2])
            allowed.add(own.public_key)
            assert self.read(own) == ""
            assert "does not know our deploy key" in self.read(others)
            assert commands == ["git-upload-pack '/prof/course.git'"]
            missing = self.add(courses[2], instructor, port, "prof/none.git")
            allowed.add(missing.public_key)
            assert "closed the connection" in self.read(missing)

        with ssh_server(tmp_path, allowed, paramiko.ECDSAKey.generate()) as other:
            GitSource.objects.filter(pk=own.pk).update(address=f"ssh://git@127.0.0.1:{other}/prof/course.git")
            own.refresh_from_db()
            assert "another key than before" in self.read(own)
            services.forget_host_key(own, by=instructor)
            own.refresh_from_db()
            assert self.read(own) == ""


def test_git_itself_can_clone_what_the_tests_serve(tmp_path):
    repository = Repository(tmp_path)
    repository.commit({"exercise.toml": b""})
    with https_server(smart_http(tmp_path)) as url:
        subprocess.run(["git", "clone", "-q", f"{url}/prof/course.git", "c"], cwd=tmp_path, env=ISOLATED, check=True)

    assert git(tmp_path / "c", "ls-files") == "exercise.toml\n"
