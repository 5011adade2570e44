"""A course's own exercise through the whole server, beside one of the library with the same slug."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from server.gradebook.errors import Invalid
from server.gradebook.services import follow, stay
from server.packages import delivery
from server.packages.services import publish, share, unshare, withdraw
from server.regrades import services as regrades
from server.regrades.models import RegradeScope
from server.submissions.models import Submission
from server.submissions.services import RecordResult, submit
from tests.support.packages import SLUG, assign, make_package, make_published, package_files, publish_files
from tests.support.people import (
    make_assignment,
    make_course,
    make_member,
    make_report,
    make_student,
    make_submission,
    record,
)

pytestmark = pytest.mark.django_db

CODE = "def square(x):\n    return x * x\n"


@pytest.fixture
def package(course, instructor):
    return make_published(course, by=instructor)


@pytest.fixture
def own(package):
    return assign(package, slug="gradients/our-square")


def answer(submission, given=10.0, **fields):
    return make_report(given, slug=submission.exercise) | {"digest": submission.digest} | fields


def graded_own(learner, assignment, given=10.0):
    submission = make_submission(learner, assignment)
    assert record(submission, answer(submission, given)) is RecordResult.WRITTEN
    submission.refresh_from_db()
    return submission


def test_both_exercises_of_one_slug_keep_apart(client, course, assignment, own, student):
    client.force_login(student)
    pages = {one.slug: client.get(one.get_absolute_url()).text for one in (assignment, own)}

    assert "Write our" in pages[own.slug]
    assert "Our own square" in pages[own.slug]
    assert "Our own square" not in pages[assignment.slug].split("</nav>")[-1].split("<h1")[1].split("</h1>")[0]
    assert (assignment.title, own.title) == ("The square", "Our own square")
    assert [one.library for one in (assignment, own)] == ["", f"course-{course.pk}"]


def test_a_job_names_the_library_and_the_version(own, student, queued, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        submission = submit(learner=student, assignment=own, source=CODE)
    ((task, (job,), _),) = queued()

    assert task == "grader.grade"
    assert (job["library"], job["digest"], job["exercise"]) == (own.library, own.version_id, SLUG)
    assert submission.digest == own.version_id


def test_a_report_must_be_about_the_very_version(own, student):
    submission = make_submission(student, own)

    forged = [
        answer(submission, digest="0" * 64),
        answer(submission, slug="gradients/other"),
        answer(submission, digest=""),
    ]
    assert [record(submission, one) for one in forged] == [RecordResult.MALFORMED] * 3
    assert record(submission, answer(submission)) is RecordResult.WRITTEN


def test_publishing_moves_what_follows_and_no_grade(own, package, student, instructor):
    submission = graded_own(student, own)
    staying = assign(package, slug="gradients/stays")
    stay(staying, package.versions.first(), by=instructor)
    before = own.grades.get().final
    done = publish_files(package, package_files(title="The second"), by=instructor)

    for one in (own, staying):
        one.refresh_from_db()
    assert (done.follows, done.stays, done.outdated) == (1, 1, 1)
    assert (own.version_id, staying.version_id) == (done.version.version_id, submission.digest)
    assert own.grades.get().final == before
    assert [type(own).objects.get(pk=one.pk).exercise_title for one in (own, staying)] == [
        "The second",
        "Our own square",
    ]
    follow(staying, by=instructor)
    assert staying.version_id == done.version.version_id


def test_the_offered_regrade_is_about_the_older_version(own, package, student, instructor, course):
    graded_own(student, own, given=5)
    done = publish_files(package, package_files(title="The second"), by=instructor)
    own = type(own).objects.get(pk=own.pk)
    graded_own(make_student(course), own)
    found = regrades.start(course, [own], by=instructor, why="A check was wrong", scope=RegradeScope.OUTDATED)
    (rerun,) = found.reruns.all()

    job = rerun.job()
    assert (job.digest, job.library) == (done.version.version_id, own.library)
    report = make_report(10.0) | {"digest": rerun.digest}
    assert not regrades.record(submission=str(rerun.pk), token=rerun.token, report=make_report(10.0))
    assert regrades.record(submission=str(rerun.pk), token=rerun.token, report=report)
    regrades.apply(found, by=instructor)
    submission = student.submissions.get()
    assert (submission.digest, submission.given) == (done.version.version_id, 10.0)
    regrades.revert(found, by=instructor, why="No")
    submission.refresh_from_db()
    assert (submission.digest, submission.given, submission.library) == (rerun.old_digest, 5.0, own.library)


def test_only_a_version_of_the_exercise_can_be_chosen(own, assignment, instructor, course):
    other = make_published(course, "own/other", by=instructor, files=package_files(title="Other"))
    unverified = make_package(course, "own/third", by=instructor, files=package_files(title="Third"))

    for one in (other.versions.first(), unverified.versions.first()):
        with pytest.raises(Invalid):
            stay(own, one, by=instructor)
    with pytest.raises(Invalid):
        stay(assignment, other.versions.first(), by=instructor)


def test_a_withdrawn_package_goes_on_where_it_is_used(own, package, student, instructor, client):
    withdraw(package, by=instructor)
    client.force_login(student)

    assert client.get(own.get_absolute_url()).status_code == 200
    assert graded_own(student, own).given == 10
    with pytest.raises(Invalid):
        assign(package, slug="gradients/again")


def test_a_shared_package_is_used_and_stays_after_unsharing(package, instructor):
    other = make_course()
    teacher, learner = make_member(other, "instructor"), make_student(other)
    with pytest.raises(Invalid):
        assign(package, other)
    share(package, other, by=instructor)
    theirs = assign(package, other)
    unshare(package, other, by=instructor)

    assert graded_own(learner, theirs).library == package.library
    with pytest.raises(Invalid):
        assign(package, other, slug="gradients/again")
    with pytest.raises(PermissionDenied):
        publish(package.versions.first(), by=teacher)
    publish_files(package, package_files(title="The second"), by=instructor)
    assert type(theirs).objects.get(pk=theirs.pk).title == "The second"


def test_learners_get_variants_that_the_verification_computed(course, instructor, student, client):
    files = package_files(statement="Use {{a}}.", more="variant = true") | {
        "variant.py": b"raise SystemExit('never run')"
    }
    variants = tuple({"a": 1000 + one} for one in range(100))
    package = make_published(course, "own/variants", by=instructor, files=files, variants=variants)
    own = assign(package)
    client.force_login(student)

    assert f"Use {1000 + student.pk % 100}." in client.get(own.get_absolute_url()).text
    assert make_submission(student, own).variant == student.pk % 100


def test_no_page_shows_a_learner_what_is_secret(own, package, student, client):
    client.force_login(student)
    graded_own(student, own)
    found = client.get(own.get_absolute_url()).text + client.get(student.submissions.get().get_absolute_url()).text

    assert "SECRET" not in found
    assert not student.has_perm("packages.view", package)


def test_own_exercises_need_no_more_queries(client, course, assignment, own, student):
    client.force_login(student)
    counts = []
    for one in (assignment, own, assignment, own):
        with CaptureQueriesContext(connection) as page:
            assert client.get(one.get_absolute_url()).status_code == 200
        with CaptureQueriesContext(connection) as handed:
            answer = client.post(reverse("submissions:submit", args=[course.slug, one.slug]), {"source": CODE})
            assert answer.status_code == 302
        student.submissions.update(state="cancelled")
        counts.append((len(page), len(handed)))

    library, again = counts[2:]
    assert again[0] <= library[0]
    assert again[1] <= library[1] + 1


def test_a_version_is_brought_before_its_job(own, student, settings, django_capture_on_commit_callbacks, monkeypatch):
    order = []
    monkeypatch.setattr(delivery, "bring", order.append)
    monkeypatch.setattr("server.queue.publish", lambda task, *_, **__: order.append(task) or True)
    with django_capture_on_commit_callbacks(execute=True):
        submit(learner=student, assignment=own, source=CODE)

    assert order[:2] == [own.version_id, "grader.grade"]


def test_a_broken_package_stops_no_page_of_the_course(client, course, package, own, student, instructor):
    from server.packages.models import Version

    Version.objects.filter(pk=own.version_id).update(archive=b"not a zip")
    from server.catalogue import versions

    versions._package.cache_clear()
    versions._exercise.cache_clear()
    import shutil

    shutil.rmtree(versions._cache().root / own.version_id, ignore_errors=True)
    client.force_login(student)
    assert client.get(reverse("courses:home", args=[course.slug])).status_code == 200
    assert client.get(reverse("courses:home", args=[course.slug])).text.count("gradients/our-square") >= 1
    client.force_login(instructor)
    for name in ("dashboard:assignments", "dashboard:overview", "dashboard:gradebook"):
        assert client.get(reverse(name, args=[course.slug])).status_code == 200


def test_submissions_of_the_library_have_no_library(assignment, student):
    submission = make_submission(student, assignment)

    assert Submission.objects.get(pk=submission.pk).library == ""
    assert "library" not in json.loads(json.dumps(submission.job().to_dict()))
    assert make_assignment(make_course()).library == ""
