"""Verifications and runs: an answer needs its token, the first one wins, and lost ones end."""

import json
from datetime import timedelta

import pytest
from django.http import Http404
from django.utils import timezone

from grader.protocol.verifications import Verified
from server.packages import running, tasks, verifying
from server.packages.errors import NotVerified, PackageRefused, QuotaReached
from server.packages.models import PackageKind, PackageRun, PackageVerification, Version, VersionSource
from server.packages.selectors import get_verification
from server.packages.services import make_version, publish
from tests.support.packages import make_package, make_published, package_files, pass_verification
from tests.support.people import make_course, make_member, make_report

pytestmark = pytest.mark.django_db
GOOD = Verified().to_dict()
BAD = GOOD | {"problems": [{"promise": "files", "text": "Mend it.", "file": "checks.py", "line": 3}]}


@pytest.fixture
def package(course, instructor):
    return make_package(course, by=instructor)


@pytest.fixture
def newest(package):
    return package.versions.first()


def sent(queued, queue):
    return [(task, args[0]) for task, args, _ in queued(queue)]


def test_a_verification_asks_for_the_version_by_its_digest(
    newest, package, instructor, queued, django_capture_on_commit_callbacks
):
    queued("regrading.cpu")
    with django_capture_on_commit_callbacks(execute=True):
        made = verifying.verify(newest, by=instructor)
    ((task, job),) = sent(queued, "regrading.cpu")

    assert (task, job["digest"], job["library"], job["kind"]) == (
        "grader.verify",
        newest.version_id,
        package.library,
        "exercise",
    )
    assert (job["verification"], job["token"]) == (str(made.pk), made.token)
    assert verifying.verify(newest, by=instructor) == made


def test_the_first_answer_with_the_token_wins(newest, instructor):
    made = verifying.verify(newest, by=instructor)
    answer = {"verification": str(made.pk), "verified": BAD}

    assert not verifying.record_verification(**answer, token="forged")
    assert not verifying.record_verification(verification="no uuid", token=made.token, verified=GOOD)
    assert verifying.record_verification(**answer, token=made.token)
    assert not verifying.record_verification(verification=str(made.pk), token=made.token, verified=GOOD)
    made.refresh_from_db()
    assert (made.state, made.verified["problems"][0]["line"]) == ("failed", 3)
    with pytest.raises(NotVerified, match="Verify it"):
        publish(newest, by=instructor)


@pytest.mark.parametrize("odd", [{}, {"problems": 3}, GOOD | {"seconds": "x"}, GOOD | {"more": 1}, {"problems": [{}]}])
def test_a_malformed_answer_ends_as_an_error(newest, instructor, odd):
    made = verifying.verify(newest, by=instructor)
    tasks.record_verification({"verification": str(made.pk), "token": made.token, "verified": odd})
    made.refresh_from_db()

    assert made.state in {"error", "passed"}
    assert (made.state == "passed") == (odd == {})


def test_nul_in_an_answer_can_be_stored(newest, instructor):
    made = verifying.verify(newest, by=instructor)
    found = json.loads(json.dumps(BAD).replace("Mend it.", "a\\u0000b"))
    assert verifying.record_verification(verification=str(made.pk), token=made.token, verified=found)
    made.refresh_from_db()

    assert made.verified["problems"][0]["text"] == "a\ufffdb"


def test_an_exercise_that_does_not_exist_is_a_problem(newest, instructor):
    found = pass_verification(newest, by=instructor, slugs=("gradients/square", "no/such"))

    assert found.state == "failed"
    assert ["no/such" in one["text"] for one in found.verified["problems"]] == [True]


def test_the_same_files_need_no_second_run(newest, package, instructor):
    pass_verification(newest, by=instructor)
    make_version(package, by=instructor, source=VersionSource.PAGE, files=package_files(title="Other"))
    again = make_version(package, by=instructor, source=VersionSource.PAGE, files=package_files())
    made = verifying.verify(again, by=instructor)

    assert (again.number, made.state) == (3, "passed")
    assert publish(again, by=instructor).version == again


def test_a_lost_verification_ends_and_can_be_tried_again(newest, instructor):
    made = verifying.verify(newest, by=instructor)
    PackageVerification.objects.update(started_at=timezone.now() - verifying.PATIENCE - timedelta(seconds=1))
    tasks.reconcile()
    made.refresh_from_db()

    assert made.state == "error"
    assert verifying.verify(newest, by=instructor) != made


def test_failures_end_what_they_name(newest, instructor):
    made = verifying.verify(newest, by=instructor)
    tasks.record_verification_failure("task", verification=str(made.pk), token="forged")
    assert PackageVerification.objects.get(pk=made.pk).is_waiting
    tasks.record_verification_failure("task", verification=str(made.pk), token=made.token)
    assert PackageVerification.objects.get(pk=made.pk).state == "error"


def test_a_course_cannot_fill_the_queue(course, instructor, settings):
    settings.VERIFICATIONS_AT_ONCE = 1
    for name, expected in (("own/a", False), ("own/b", True)):
        newest = make_package(course, name, by=instructor, files=package_files(title=name)).versions.first()
        if expected:
            with pytest.raises(QuotaReached, match="Please wait"):
                verifying.verify(newest, by=instructor)
        else:
            verifying.verify(newest, by=instructor)


def test_another_courses_verification_is_not_found(newest, instructor):
    made = verifying.verify(newest, by=instructor)
    with pytest.raises(Http404):
        get_verification(make_member(make_course(), "instructor"), made.pk)
    assert get_verification(instructor, made.pk) == made


def test_variants_stay_as_learners_saw_them(newest, instructor):
    pass_verification(newest, by=instructor, variants=({"a": 1},))
    other = PackageVerification.objects.create(package_version=newest)
    again = Verified(variants=({"a": 2},)).to_dict()
    assert verifying.record_verification(verification=str(other.pk), token=other.token, verified=again)

    assert Version.objects.get(pk=newest.version_id).variants == [{"a": 1}]


def test_a_file_is_run_as_an_ordinary_job(package, instructor, queued, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        run = running.run_file(package, "mistakes/forgot.py", by=instructor)
    ((task, job),) = sent(queued, "grading.cpu")

    assert (task, job["library"], job["digest"]) == ("grader.grade", package.library, run.digest)
    assert "SECRET_MISTAKE" in job["source"]
    report = make_report(slug=package.slug)
    assert not running.record_run(submission=str(run.pk), token="forged", report=report)
    assert not running.record_run(submission=str(run.pk), token=run.token, report=make_report(slug="other/one"))
    run.refresh_from_db()
    assert run.state == "error"
    assert not running.record_run(submission=str(run.pk), token=run.token, report=report)


def test_a_report_of_a_run_is_stored_once(package, instructor):
    run = running.run_file(package, "notes.py", by=instructor, source="x = 1\n")
    tasks.record_run({"submission": str(run.pk), "token": run.token, "report": make_report(slug=package.slug)})
    run.refresh_from_db()

    assert (run.state, run.report["slug"], run.source) == ("done", package.slug, "x = 1\n")


def test_runs_are_limited_and_forgotten(package, instructor, settings):
    settings.PACKAGE_RUNS_PER_MINUTE = 1
    running.run_file(package, "solution.py", by=instructor)
    with pytest.raises(QuotaReached):
        running.run_file(package, "solution.py", by=instructor)
    PackageRun.objects.update(started_at=timezone.now() - running.PATIENCE - timedelta(seconds=1))
    tasks.reconcile()
    assert PackageRun.objects.get().state == "error"
    PackageRun.objects.update(started_at=timezone.now() - running.KEPT - timedelta(hours=1))
    tasks.collect_garbage()
    assert not PackageRun.objects.exists()


def test_what_is_no_source_is_refused_with_a_sentence(package, instructor, course):
    for path, source in (("no/such.py", None), ("x.py", "a\0b"), ("x.py", "x" * 300_000)):
        with pytest.raises(PackageRefused):
            running.run_file(package, path, by=instructor, source=source)
    lesson = make_published(course, "own/lesson", by=instructor, kind=PackageKind.LESSON, files={"lesson.md": b"x"})
    with pytest.raises(PackageRefused, match="lesson"):
        running.run_file(lesson, "lesson.md", by=instructor)
