"""Packages through the API: ZIP in and out, conditions, refusals with file and line."""

import io
import zipfile

import pytest
from django.utils import timezone

from grader.packages import archives
from grader.packages.archives import digest_of, pack, unpack
from grader.protocol.verifications import PackageProblem, Verified
from server.api.models import TokenScope
from server.packages.files import save_file
from server.packages.models import CoursePackage, PackageVerification
from server.packages.verifying import record_verification

pytestmark = pytest.mark.django_db
FILES = {"exercise.toml": b'title = "Slope"\n', "checks.py": b"x = 1\n"}


@pytest.fixture
def call(call_with):
    return call_with(TokenScope.PACKAGES_WRITE)


@pytest.fixture
def address(course):
    return f"/courses/{course.slug}/packages/own/slope"


def zip_of(**files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return packed.getvalue()


def end_verification(*problems):
    row = PackageVerification.objects.get(finished_at=None)
    verified = Verified(problems=problems, promises_done=()).to_dict()
    assert record_verification(verification=str(row.pk), token=row.token, verified=verified)


def test_what_is_put_comes_back_with_the_same_digest(call, address):
    made = call.put(address, pack(FILES))
    got = call.get(address)

    digest = digest_of(FILES)
    assert (made.status_code, made["ETag"], made.json()["digest"]) == (201, f'"{digest}"', digest)
    assert (got["ETag"], got["Content-Type"]) == (f'"{digest}"', "application/zip")
    assert unpack(got.content) == FILES
    assert call.get(address, if_none_match=got["ETag"]).status_code == 304


def test_an_archive_is_put_again_as_it_came_out(call, address):
    call.put(address, pack(FILES))
    again = call.put(address, call.get(address).content)

    assert (again.status_code, again.json()["number"]) == (200, 1)


def test_a_version_says_who_made_it_from_which_commit(call, address):
    call.put(f"{address}?commit=abc123", pack(FILES))

    [row] = call.get(address.rpartition("/own")[0]).json()["items"]
    assert (row["slug"], row["kind"], row["source"], row["commit"]) == ("own/slope", "exercise", "api", "abc123")
    version = CoursePackage.objects.get().versions.get()
    assert version.made_by == call.row.owner


def test_older_versions_are_got_by_their_number(call, address):
    call.put(address, pack(FILES))
    call.put(address, pack(FILES | {"checks.py": b"x = 2\n"}))

    assert unpack(call.get(f"{address}?number=1").content) == FILES
    assert call.get(f"{address}?number=3").status_code == 404


def test_a_lesson_is_told_by_its_file(call, address):
    assert call.put(address, pack({"lesson.md": b"+++\n"})).json()["kind"] == "lesson"
    assert call.put(address, pack(FILES)).json()["code"] == "conflict"


@pytest.mark.parametrize("method", ["put", "delete", "verify", "publish"])
def test_a_change_of_another_version_than_was_read_is_refused(call, address, method):
    first = call.put(address, pack(FILES))["ETag"]
    newest = call.put(address, pack(FILES | {"checks.py": b""}))["ETag"]
    calls = {
        "put": lambda etag: call.put(address, pack(FILES), if_match=etag),
        "delete": lambda etag: call.delete(address, if_match=etag),
        "verify": lambda etag: call.post(f"{address}/verify", if_match=etag),
        "publish": lambda etag: call.post(f"{address}/publish", if_match=etag),
    }

    assert [calls[method](etag).status_code for etag in (first, '"x"', "*")] == [412] * 3
    assert calls[method](newest).status_code in {200, 202, 204, 409}


def test_a_condition_on_a_package_that_is_not_there_fails(call, address):
    assert call.put(address, pack(FILES), if_match='"x"').status_code == 412
    assert not CoursePackage.objects.exists()


REFUSED = {
    "escape": (zip_of(**{"exercise.toml": b"", "../x.py": b""}), "/..~1x.py"),
    "twins": (zip_of(**{"exercise.toml": b"", "a.py": b"", "A.py": b""}), "/A.py"),
    "no manifest": (zip_of(**{"x.py": b""}), "/exercise.toml"),
    "no ZIP": (b"no ZIP", ""),
    "bomb": (pack({"exercise.toml": b"", "zeros": bytes(8 * 2**20)}).replace(b"PK\x05\x06", b"PK\x05\x07"), ""),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_archive_names_the_file(call, address, case):
    archive, pointer = REFUSED[case]
    answer = call.put(address, archive)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert not CoursePackage.objects.exists()


def test_only_a_zip_of_a_bounded_size_is_read(call, address):
    assert call.put(address, {"x": 1}).status_code == 415
    assert call.put(address, bytes(archives.MAX_ARCHIVE + 1)).status_code == 413
    assert call.put(address.replace("slope", "Slope"), pack(FILES)).status_code == 422


def test_problems_have_file_and_line(call, address):
    call.put(address, pack(FILES))
    assert call.post(f"{address}/publish").json()["code"] == "conflict"
    assert call.get(f"{address}/verification").status_code == 404

    begun = call.post(f"{address}/verify")
    assert (begun.status_code, begun.json()["state"]) == (202, "queued")
    assert begun["Location"].endswith(f"/api/v1{address}/verification")
    end_verification(PackageProblem(promise="files", text="Write a title.", file="exercise.toml", line=3))
    failed = call.get(f"{address}/verification").json()
    assert failed["state"] == "failed"
    assert failed["problems"] == [{"promise": "files", "text": "Write a title.", "file": "exercise.toml", "line": 3}]

    newer = call.put(address, pack(FILES | {"checks.py": b"x = 3\n"})).json()
    call.post(f"{address}/verify")
    end_verification()
    done = call.post(f"{address}/publish").json()
    assert (done["digest"], done["number"], done["outdated"]) == (newer["digest"], 2, 0)
    assert CoursePackage.objects.get().published_id == newer["digest"]


def test_a_package_in_use_is_not_deleted(call, address, assignment):
    call.put(address, pack(FILES))
    package = CoursePackage.objects.get()
    version = package.versions.get().version
    use = {"package": package, "version": version, "library": package.library, "exercise": package.slug}
    type(assignment).objects.filter(pk=assignment.pk).update(**use)

    assert call.delete(address).json()["code"] == "conflict"
    type(assignment).objects.filter(pk=assignment.pk).update(package=None, version=None, library="")
    assert call.delete(address).status_code == 204
    assert call.get(address).status_code == 404


def test_a_package_without_a_version_is_listed(call, address, course):
    call.put(address, pack(FILES))
    package = CoursePackage.objects.get()
    save_file(package, "notes.md", b"x", base_revision=0, by=call.row.owner)
    package.versions.all().delete()

    [row] = call.get(address.rpartition("/own")[0]).json()["items"]
    assert (row["number"], row["digest"]) == (None, None)
    assert call.get(address).status_code == 404


def test_an_archived_course_can_be_read_only(call, address, course):
    call.put(address, pack(FILES))
    type(course).objects.filter(pk=course.pk).update(archived_at=timezone.now())

    assert call.get(address).status_code == 200
    assert call.put(address, pack(FILES)).json()["code"] == "archived"
