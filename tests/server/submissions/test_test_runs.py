"""Test runs: they use no attempt, and their number per minute is limited."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from grader.protocol.jobs import Scope
from server.gradebook.models import Grade
from server.submissions.models import Kind, Submission
from tests.support.people import make_assignment, make_report, make_submission, record

PART = {"HX-Request": "true"}


def page(assignment, name="check"):
    return reverse(f"submissions:{name}", args=[assignment.course.slug, assignment.slug])


@pytest.fixture
def at(client, student):
    client.force_login(student)
    return client


def test_a_check_runs_the_public_cases_and_uses_no_attempt(at, student, assignment):
    assignment.attempts = 1
    assignment.save()

    at.post(page(assignment), {"source": "x = 1"})

    submission = Submission.objects.get()
    assert submission.job().scope is Scope.PUBLIC
    assert "0 of 1 attempts used, 1 left" in at.get(page(assignment, "exercise")).text


def test_a_check_with_every_point_neither_passes_nor_grades(at, student, assignment):
    submission = make_submission(student, assignment, kind=Kind.TEST_RUN)
    record(submission, make_report(10))

    text = at.get(page(assignment, "exercise")).text

    assert "Every check passed on the public cases." in text
    assert "badge-passed" not in text
    assert "score-number" not in text
    assert not Grade.objects.filter(final__isnull=False).exists()


def test_checks_are_limited_in_pace_across_exercises(at, student, assignment, settings):
    settings.CHECKS_PER_MINUTE = 2
    other = make_assignment(assignment.course, slug="gradients/other")
    for one in (assignment, other):
        make_submission(student, one, kind=Kind.TEST_RUN)

    answer = at.post(page(assignment), {"source": "x = 1"}, headers=PART)

    assert answer.status_code == 422
    assert "At most 2 test runs a minute" in answer.text


def test_the_pace_of_checks_holds_no_attempt_up(at, student, assignment, settings):
    settings.CHECKS_PER_MINUTE = 1
    make_submission(student, assignment, kind=Kind.TEST_RUN)

    assert at.post(page(assignment, "submit"), {"source": "x = 1"}).status_code == 302


def test_a_test_run_is_named_on_its_page_and_file(at, student, assignment):
    submission = make_submission(student, assignment, kind=Kind.TEST_RUN)

    assert "Test run 1 by" in at.get(submission.get_absolute_url()).text
    download = at.get(reverse("submissions:source", args=[submission.pk]))
    assert "gradients-square-test-run-1.py" in download["Content-Disposition"]


def test_the_starter_is_one_click_away(at, student, assignment):
    make_submission(student, assignment, source="mine = 1\n")

    assert "mine = 1" not in at.get(page(assignment, "exercise") + "?starter").text


def test_a_file_is_read_for_the_editor_without_storing(at, assignment):
    answer = at.post(page(assignment, "file"), {"file": SimpleUploadedFile("a.py", b"y = 2\r\n")})

    assert answer.json() == {"source": "y = 2\n"}
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.exe", b"MZ", "Only Python files"),
        ("a.py", b"\xff\xfe", "UTF-8"),
        ("a.py", b"x" * 300_000, "at most 256 kB"),
        ("a.ipynb", b"{", "it is not JSON"),
    ],
)
def test_a_file_that_holds_no_source_is_refused_in_words(at, assignment, name, content, complaint):
    answer = at.post(page(assignment, "file"), {"file": SimpleUploadedFile(name, content)})

    assert answer.status_code == 422
    assert complaint in answer.json()["complaint"]


@pytest.mark.parametrize("name", ["check", "file"])
def test_an_exercise_of_another_course_takes_nothing(at, name):
    assert at.post(page(make_assignment(), name), {"source": "x = 1"}).status_code == 404


@pytest.mark.parametrize("name", ["check", "file"])
def test_a_stranger_is_asked_to_sign_in(client, assignment, name):
    answer = client.post(page(assignment, name), {"source": "x = 1"})

    assert answer.status_code == 401
    assert "/accounts/login/" in answer.text
