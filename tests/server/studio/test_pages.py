"""The pages of the studio: what they show, what they change, and what they refuse."""

import pytest
from django.urls import reverse

from grader.packages.archives import pack
from grader.protocol import verifications
from grader.protocol.verifications import MistakeResult, Verified
from server.packages.files import draft_files, save_file
from server.packages.models import CoursePackage, PackageKind, PackageVerification
from server.packages.services import create_package
from server.packages.verifying import record_verification
from tests.support.people import make_course, make_member, make_report

EVIL = "<script>alert(1)</script>"
problem = verifications.PackageProblem
pytestmark = pytest.mark.django_db


def markup(response):
    return response.content.decode()


def verified(studio, package, found=None):
    """Verify the draft as a worker would."""
    studio("verify", package.slug, method="post")
    row = PackageVerification.objects.get(finished_at=None)
    answer = (found or Verified()).to_dict()
    assert record_verification(verification=str(row.pk), token=row.token, verified=answer)
    row.refresh_from_db()
    return row


def test_a_new_exercise_opens_with_its_files(studio, course):
    response = studio("new", data={"name": "losses/mine", "title": 'A "new" title'}, method="post", follow=True)

    assert "A &quot;new&quot; title" in markup(response)
    assert "What is still missing" in markup(response)
    files = draft_files(CoursePackage.objects.get(course=course))
    assert b'title = "A \\"new\\" title"' in files["exercise.toml"]


def test_a_bad_name_is_refused_beside_its_field(studio):
    response = studio("new", data={"name": "../../etc", "title": "x"}, method="post")

    assert response.status_code == 422
    assert not CoursePackage.objects.exists()


def test_a_new_lesson_is_previewed_with_its_code(client, studio):
    sent = {"name": "lessons/mine", "title": "Mine"}
    made = studio("new", data=sent, method="post", query_params={"kind": "lesson"})

    page = markup(client.get(made["Location"]))
    assert "tensor(4.)" in page
    assert "Try as a student" not in page


def test_a_copy_has_other_words_and_another_id(studio, course, exercises):
    (exercises / "gradients/square/mistakes").mkdir()
    (exercises / "gradients/square/mistakes/none.py").write_text('"""None."""\ndef square(x): ...\n')
    sent = {"name": "gradients/cube", "title": "The cube", "old-0": "square", "new-0": "cube", "mistakes": "on"}

    studio("copy", data=sent, method="post", query_params={"from": "gradients/square"})

    package = CoursePackage.objects.get(course=course)
    files = draft_files(package)
    assert package.origin == "copied from gradients/square"
    assert files["mistakes/none.py"] == b'"""None."""\ndef cube(x): ...\n'
    assert b'name = "cube"' in files["exercise.toml"]
    assert b"7b1c7a52-6a5d-4e0b-9c51-7d5f2a9f1c01" not in files["exercise.toml"]


def test_the_page_shows_the_file_at_a_line(studio, package):
    page = markup(studio("package", package.slug, query_params={"file": "reference.py", "line": "12"}))

    assert 'data-line="12"' in page
    assert "def cases(seed: int)" in page


def test_a_file_is_saved_once(save, package):
    assert save("solution.py", "a = 1\r\n").json() == {"revision": 2}
    assert draft_files(package)["solution.py"] == b"a = 1\n"


def test_a_conflict_shows_both_texts_and_loses_none(save, package, ta):
    save_file(package, "solution.py", b"theirs = 1\n", base_revision=1, by=None)

    response = save("solution.py", f"mine = '{EVIL}'\n")

    assert response.status_code == 409
    answer = response.json()
    assert answer["source"] == "theirs = 1\n"
    assert answer["revision"] == 2
    assert "theirs" in answer["conflict"]
    assert "mine" in answer["conflict"]
    assert EVIL not in answer["conflict"]
    assert draft_files(package)["solution.py"] == b"theirs = 1\n"

    assert save("solution.py", "mine = 1\n", revision=2, settled="on").status_code == 200
    kept = package.versions.get()
    assert "replaced solution.py" in kept.note
    assert draft_files(package)["solution.py"] == b"mine = 1\n"


def test_without_javascript_a_conflict_is_a_page(studio, package):
    save_file(package, "solution.py", b"theirs = 1\n", base_revision=1, by=None)
    sent = {"path": "solution.py", "source": "mine = 1\n", "revision": 1}

    page = studio("save", package.slug, data=sent, method="post")

    assert page.status_code == 409
    assert "<del>theirs</del>" in markup(page)
    assert "mine = 1" in markup(page)


@pytest.mark.parametrize(
    "path", ["../up.py", "/etc/passwd", "a/../../b.py", "con\x00.py", "a\nb.py", "SOLUTION.py", ""]
)
def test_odd_paths_are_refused_with_a_sentence(save, package, path):
    before = draft_files(package)

    response = save(path, "x", revision=0)

    assert response.status_code == 422
    assert response.json()["complaint"]
    assert draft_files(package) == before


def test_a_file_that_is_too_large_is_refused(save):
    response = save("data.txt", "x" * (512 * 1024 + 1), revision=0)

    assert response.status_code == 422
    assert "too large" in response.json()["complaint"]


def test_texts_of_authors_are_escaped_everywhere(studio, package, save):
    save_file(package, f"{EVIL.replace('/', '')}.md", EVIL.encode(), base_revision=0, by=None)
    save("statement.md", f'{EVIL}<img src=x onerror="alert(1)">[a](javascript:alert(1))')
    save("exercise.toml", f'title = "{EVIL}"\nx =')
    verified(studio, package, Verified(problems=(problem(promise="files", text=EVIL, file=EVIL, line=1),)))

    pages = [
        studio("package", package.slug),
        studio("package", package.slug, query_params={"file": f"{EVIL.replace('/', '')}.md"}),
        studio("package", package.slug, query_params={"file": EVIL}),
        studio(
            "preview",
            package.slug,
            data={"path": "statement.md", "source": EVIL},
            method="post",
            HTTP_HX_REQUEST="true",
        ),
        studio("versions", package.slug),
        studio("compare", package.slug),
    ]
    for page in pages:
        assert page.status_code == 200
        assert "<script>alert" not in markup(page)
        assert 'onerror="' not in markup(page).replace("&quot;", "")
        assert 'href="javascript' not in markup(page)


def test_a_download_is_never_shown_by_the_browser(studio, package):
    save_file(package, 'a"b.html', EVIL.encode(), base_revision=0, by=None)

    response = studio("file", package.slug, query_params={"path": 'a"b.html'})

    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == "attachment; filename*=UTF-8''a%22b.html"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_teaching_assistant_reads_and_changes_nothing(client, studio, package, ta):
    client.force_login(ta)

    assert 'data-save="' not in markup(studio("package", package.slug))
    for name in (
        "save",
        "add",
        "rename",
        "remove",
        "start",
        "verify",
        "publish",
        "withdraw",
        "share",
        "delete",
        "take",
    ):
        assert studio(name, package.slug, method="post").status_code == 403, name
    assert studio("new").status_code == 403


def test_packages_of_other_courses_do_not_exist(studio, course):
    other = create_package(make_course(), PackageKind.EXERCISE, "losses/other", by=None)

    for name in ("package", "versions", "compare", "download", "file", "try"):
        assert studio(name, other.slug).status_code == 404, name
    for name in ("save", "verify", "publish", "delete"):
        assert studio(name, other.slug, method="post").status_code == 404, name
    assert studio("copy", query_params={"package": other.pk}).status_code == 404


def test_a_post_without_a_token_is_refused(package, instructor, course):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(instructor)

    assert strict.post(reverse("studio:verify", args=[course.slug, package.slug])).status_code == 403


def test_problems_lead_to_their_line(studio, package):
    found = Verified(
        problems=(problem(promise="witness", text="They disagree.", file="reference.py", line=7),),
        promises_done=("files", "loads", "cases", "witness"),
    )
    row = verified(studio, package, found)

    page = markup(studio("verification", row.pk, HTTP_HX_REQUEST="true"))

    assert "file=reference.py&amp;line=7" in page
    assert "1 problem found" in page
    assert "Publish version" not in page


def test_what_passed_is_published_and_assigned_next(studio, package):
    row = verified(studio, package)
    page = markup(studio("verification", row.pk, HTTP_HX_REQUEST="true"))
    assert "Publish version 1" in page

    page = studio("publish", package.slug, data={"number": "1"}, method="post", follow=True)

    assert "Version 1 is published. No grade has changed." in markup(page)
    assert "Assign it" in markup(page)


def test_an_unverified_version_is_not_published(studio, package):
    studio("verify", package.slug, method="post")

    page = studio("publish", package.slug, data={"number": "1"}, method="post", follow=True)

    assert "has not passed its verification" in markup(page)
    package.refresh_from_db()
    assert package.published is None


def test_what_wrong_answers_get_is_written_and_verified_again(studio, package):
    results = tuple(MistakeResult(name=name, score=2, outcome="graded") for name in ("starter", "value"))
    found = Verified(problems=(problem(promise="mistakes", text="`value` gets 2."),), mistakes=results)
    row = verified(studio, package, found)
    assert "Write down what the wrong answers get" in markup(studio("verification", row.pk, HTTP_HX_REQUEST="true"))

    studio("write-mistakes", row.pk, method="post")

    assert b"score = 2" in draft_files(package)["mistakes.toml"]
    assert PackageVerification.objects.filter(finished_at=None).count() == 1


def test_a_wrong_answer_is_kept_as_a_mistake(studio, package):
    from server.packages.running import record_run

    studio("try-run", package.slug, data={"source": "def slope(x):\n    return x\n"}, method="post")
    run = package.runs.get()
    report = make_report(1, 10, slug=package.slug, check="slope_is_right", message="value_not_gradient")
    record_run(submission=str(run.pk), token=run.token, report=report)

    studio("keep", run.pk, data={"words": 'Returns "x" itself'}, method="post")

    files = draft_files(package)
    assert files["mistakes/returns_x_itself.py"].decode().startswith('"""Returns \'x\' itself."""\n\ndef slope')
    assert b"[returns_x_itself]" in files["mistakes.toml"]


def test_nobody_sees_the_runs_of_others(client, studio, package, course):
    studio("try-run", package.slug, data={"source": "x = 1\n"}, method="post")
    run = package.runs.get()
    client.force_login(make_member(course, "instructor"))

    assert studio("run", run.pk).status_code == 404
    assert studio("keep", run.pk, data={"words": "x"}, method="post").status_code == 404


def test_a_zip_becomes_a_package_or_a_sentence(studio, package, course):
    from django.core.files.uploadedfile import SimpleUploadedFile

    good = SimpleUploadedFile("a.zip", pack(draft_files(package)))
    studio("upload", data={"name": "losses/zipped", "kind": "exercise", "archive": good}, method="post")
    made = CoursePackage.objects.get(course=course, slug="losses/zipped")
    assert draft_files(made) == draft_files(package)
    assert made.versions.get().source == "zip"

    bad = SimpleUploadedFile("a.zip", b"PK not a zip")
    page = studio("upload", data={"name": "losses/bad", "kind": "exercise", "archive": bad}, method="post")
    assert page.status_code == 422
    assert not CoursePackage.objects.filter(slug="losses/bad").exists()


def test_the_list_has_a_red_row_for_a_broken_package(client, studio, package, save, course):
    save("exercise.toml", 'title = "x"\nthis is no toml\n')

    page = markup(client.get(reverse("dashboard:exercises", args=[course.slug])))

    assert "is-broken" in page
    assert "exercise.toml, line 2" in page


def test_versions_are_compared_taken_and_downloaded(studio, package, save):
    verified(studio, package)
    save("solution.py", "changed = 1\n")
    page = markup(studio("compare", package.slug, query_params={"left": "1", "right": "draft"}))
    assert "solution.py" in page
    assert "changed = 1" in page

    studio("take", package.slug, data={"number": "1"}, method="post")

    assert b"changed" not in draft_files(package)["solution.py"]
    assert package.versions.count() == 2
    assert studio("download", package.slug, query_params={"number": "1"}).content.startswith(b"PK")


def test_sharing_reaches_only_own_courses(studio, package, instructor):
    mine, foreign = make_course(), make_course()
    mine.enrollments.create(user=instructor, role="instructor")

    studio("share", package.slug, data={"course": foreign.pk}, method="post")
    studio("share", package.slug, data={"course": mine.pk}, method="post")

    assert [one.course for one in package.shares.all()] == [mine]
    studio("share", package.slug, data={"course": mine.pk, "stop": "on"}, method="post")
    assert not package.shares.exists()


def test_a_starter_is_written_from_the_signatures(studio, package):
    studio("write-starter", package.slug, method="post")

    assert draft_files(package)["starter.py"] == (
        b"from torch import Tensor\n\n\ndef slope(x: Tensor) -> Tensor:\n    return None\n"
    )
