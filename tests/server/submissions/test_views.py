from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from grader.protocol.reports import Outcome
from server.courses.models import Role
from server.submissions import services
from server.submissions.models import State, Submission
from tests.support.people import (
    graded,
    make_assignment,
    make_course,
    make_member,
    make_report,
    make_student,
    make_submission,
    record,
    write_exercise,
)

PART = {"HX-Request": "true"}


@pytest.fixture
def at(client, student):
    """The client, signed in as the student."""
    client.force_login(student)
    return client


def page(assignment, name="exercise"):
    return reverse(f"submissions:{name}", args=[assignment.course.slug, assignment.slug])


def test_the_exercise_shows_statement_and_starter(at, assignment):
    answer = at.get(page(assignment))

    assert "<msup>" in answer.text
    assert "return None" in answer.text


def test_the_editor_opens_with_what_was_handed_in_last(at, student, assignment):
    make_submission(student, assignment, source="mine = 1\n")

    assert "mine = 1" in at.get(page(assignment)).text


def test_handing_in_leads_to_the_submissions_page(at, assignment):
    answer = at.post(page(assignment, "submit"), {"source": "x = 1"})

    assert answer.url == Submission.objects.get().get_absolute_url()


def test_pressing_submit_twice_makes_one_attempt(at, assignment):
    first, second = (at.post(page(assignment, "submit"), {"source": "x = 1"}) for _ in range(2))

    assert first.url == second.url
    assert Submission.objects.count() == 1


def test_the_same_code_counts_again_after_its_report(at, assignment):
    for _ in range(2):
        at.post(page(assignment, "submit"), {"source": "x = 1"})
        record(Submission.objects.latest("submitted_at"), make_report())

    assert Submission.objects.count() == 2


def test_other_code_and_test_runs_are_separate_submissions(at, assignment):
    for name, source in (("submit", "x = 1"), ("submit", "x = 2"), ("check", "x = 1")):
        at.post(page(assignment, name), {"source": source})

    assert Submission.objects.count() == 3


def test_submitting_shows_the_live_state_on_the_page(at, assignment):
    answer = at.post(page(assignment, "submit"), {"source": "x = 1"}, headers=PART)

    assert "Waiting for a grader" in answer.text
    assert "data-live" in answer.text
    assert "<html" not in answer.text


def test_a_file_can_be_handed_in(at, assignment):
    at.post(page(assignment, "submit"), {"file": SimpleUploadedFile("a.py", b"y = 2\r\n")})

    assert Submission.objects.get().source == "y = 2\n"


@pytest.mark.parametrize(
    ("source", "complaint"),
    [("x" * 1_000_000, "at most 256 kB"), ("x\0", "NUL bytes"), ("\ufffd", "UTF-8")],
)
def test_what_cannot_be_kept_is_refused_beside_the_editor(at, assignment, source, complaint):
    answer = at.post(page(assignment, "submit"), {"source": source}, headers=PART)

    assert answer.status_code == 422
    assert complaint in answer.text
    assert not Submission.objects.exists()


def test_a_refusal_without_script_keeps_what_was_typed(at, assignment):
    assignment.attempts = 0
    assignment.save()

    answer = at.post(page(assignment, "submit"), {"source": "precious = 1"})

    assert answer.status_code == 422
    assert "precious = 1" in answer.text


@pytest.mark.parametrize("headers", [{}, PART])
def test_a_sixth_open_submission_is_refused_and_the_code_kept(at, student, assignment, headers):
    for number in range(5):
        at.post(page(assignment, "submit"), {"source": f"x = {number}"})

    answer = at.post(page(assignment, "check"), {"source": "precious = 1"}, headers=headers)

    assert (answer.status_code, int(answer["Retry-After"]) > 0) == (429, True)
    assert "5 of your submissions still wait for their results" in answer.text
    assert headers or "precious = 1" in answer.text
    assert student.submissions.count() == 5


def test_an_oversized_request_is_refused(at, assignment):
    answer = at.post(page(assignment, "submit"), {"source": "x" * 4_000_000})

    assert answer.status_code in {400, 413}
    assert not Submission.objects.exists()


def test_a_report_is_shown_with_score_findings_and_output(at, student, assignment):
    submission = make_submission(student, assignment)
    report = make_report(3, message="raised", data={"error": "ValueError"}) | {"output": "hello"}
    record(submission, report)

    answer = at.get(submission.get_absolute_url())

    assert "Your code raised ValueError." in answer.text
    assert "1 of 1 checks failed" in answer.text
    assert "hello" in answer.text


def test_the_page_says_if_no_attempt_was_used(at, student, assignment):
    submission = make_submission(student, assignment)
    record(submission, make_report(0, outcome=Outcome.UNGRADABLE, message="empty"))

    assert "This used no attempt" in at.get(submission.get_absolute_url()).text


def test_our_failure_is_called_ours_and_has_no_score(at, student, assignment):
    submission = make_submission(student, assignment, state=State.ERROR)

    text = at.get(submission.get_absolute_url()).text

    assert "Grading error" in text
    assert "score-number" not in text


def test_the_state_is_available_as_json(at, student, assignment):
    submission = make_submission(student, assignment)
    address = reverse("submissions:state", args=[submission.pk])

    assert at.get(address).json()["over"] is False
    record(submission)
    assert at.get(address).json() | {"text": ""} == {
        "state": "graded",
        "text": "",
        "time": "",
        "cancel_note": "",
        "cancel_uses_attempt": False,
        "cancelling": False,
        "over": True,
        "ahead": 0,
        "wait": None,
        "case": None,
        "of": None,
        "loss": [],
        "loss_from": None,
        "line": None,
    }


def test_cancelling_withdraws_it(at, student, assignment):
    submission = make_submission(student, assignment)

    at.post(reverse("submissions:cancel", args=[submission.pk]))

    submission.refresh_from_db()
    assert submission.state == State.CANCELLED


def test_cancelling_too_late_shows_the_report(at, student, assignment):
    submission = make_submission(student, assignment)
    record(submission)

    answer = at.post(reverse("submissions:cancel", args=[submission.pk]), headers=PART)

    assert "Every check passed" in answer.text


def test_the_code_can_be_downloaded_as_it_was(at, student, assignment):
    submission = make_submission(student, assignment, source="# ü\n")

    answer = at.get(reverse("submissions:source", args=[submission.pk]))

    assert answer.content.decode() == "# ü\n"
    assert answer["Content-Disposition"] == 'attachment; filename="gradients-square-1.py"'


def test_the_history_lists_newest_first(at, student, assignment):
    graded(student, assignment, given=2)
    make_submission(student, assignment)

    text = at.get(page(assignment, "history")).text

    assert text.index("Attempt 2") < text.index("Attempt 1")
    assert "20 of 100" in text


def test_what_used_no_attempt_is_not_called_one(at, student, assignment):
    submission = make_submission(student, assignment)
    record(submission, make_report(0, outcome=Outcome.UNGRADABLE))

    text = at.get(submission.get_absolute_url()).text

    assert "This used no attempt." in text
    assert "Submission 1" in text
    assert "Attempt 1" not in text


def test_a_grade_names_its_attempt_and_its_maximum(at, student, assignment):
    graded(student, assignment, given=4)
    graded(student, assignment, given=1)

    text = " ".join(at.get(page(assignment)).text.split())

    assert "Grade 40 of 100 points (best attempt)" in text


def test_due_dates_say_in_which_zone(at, assignment):
    assignment.due_at = datetime(2099, 3, 1, 22, 0, tzinfo=UTC)
    assignment.opens_at = datetime(2098, 7, 1, 22, 0, tzinfo=UTC)
    assignment.save()

    assignment.course.time_zone = "Europe/Berlin"
    assignment.course.save()
    text = at.get(page(assignment)).text

    assert "Due 1 Mar 2099, 23:00 CET" in text
    assert "opens on 2 Jul 2098, 00:00 CEST" in text


ADDRESSES = ["detail", "result", "state", "events", "source", "cancel"]


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize("who", ["another student", "an instructor elsewhere"])
def test_the_work_of_another_does_not_exist(client, student, assignment, name, who):
    submission = make_submission(student, assignment)
    stranger = {
        "another student": lambda: make_student(assignment.course),
        "an instructor elsewhere": lambda: make_member(make_course(), Role.INSTRUCTOR),
    }[who]()
    client.force_login(stranger)
    ask = client.post if name == "cancel" else client.get

    assert ask(reverse(f"submissions:{name}", args=[submission.pk])).status_code == 404
    submission.refresh_from_db()
    assert submission.state == State.QUEUED


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_stranger_is_asked_to_sign_in(client, student, assignment, name):
    submission = make_submission(student, assignment)

    answer = client.get(reverse(f"submissions:{name}", args=[submission.pk]))

    assert answer.url.startswith("/accounts/login/")


def test_staff_can_see_submissions_but_only_instructors_cancel_them(client, student, assignment):
    submission = make_submission(student, assignment)
    client.force_login(make_member(assignment.course, Role.TA))

    assert client.get(submission.get_absolute_url()).status_code == 200
    assert client.post(reverse("submissions:cancel", args=[submission.pk])).status_code == 404


@pytest.mark.parametrize("name", ["exercise", "history", "submit"])
def test_an_exercise_of_another_course_does_not_exist(at, name):
    other = make_assignment()
    ask = at.post if name == "submit" else at.get

    assert ask(page(other, name)).status_code == 404


def test_what_a_learner_wrote_is_shown_and_never_run(at, student, assignment):
    attack = "<script>alert(1)</script>"
    submission = make_submission(student, assignment, source=attack)
    finding = {"title": attack, "message": "raised", "data": {"error": attack}, "case": attack}
    record(submission, make_report(0, **finding) | {"output": attack})

    for address in (submission.get_absolute_url(), page(assignment)):
        text = at.get(address).text
        assert "&lt;script&gt;alert(1)" in text
        assert attack not in text


def test_every_page_forbids_foreign_and_inline_code(at, assignment):
    policy = at.get(page(assignment))["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'self' 'nonce-" in policy


def test_an_exercise_page_needs_few_queries(at, student, assignment, django_assert_max_num_queries):
    for _ in range(15):
        graded(student, assignment, given=5)

    with django_assert_max_num_queries(13):
        assert at.get(page(assignment)).status_code == 200
    with django_assert_max_num_queries(9):
        assert at.get(page(assignment, "history")).status_code == 200


def test_a_broken_package_accepts_no_submission(at, assignment, exercises):
    write_exercise(exercises, "gradients/square", title='broken" =')
    at.raise_request_exception = False

    assert at.post(page(assignment, "submit"), {"source": "x = 1"}).status_code == 503
    assert not Submission.objects.exists()


def test_the_grade_beside_the_title_follows_the_report(at, student, assignment):
    submission = make_submission(student, assignment)
    services.record(submission=str(submission.pk), token=submission.token, report=make_report(4))

    answer = at.get(reverse("submissions:result", args=[submission.pk]), headers=PART)

    assert 'id="attempts"' in answer.text
    assert "Grade 40 of 100" in answer.text


def test_the_code_of_an_open_submission_has_numbers(at, student, assignment):
    submission = make_submission(student, assignment, source="a = 1\nb = 2\n")

    text = at.get(submission.get_absolute_url()).text

    assert 'id="line-2"' in text
    assert "is-looked-at" not in text


def test_pages_link_to_the_line_to_look_at(at, student, assignment):
    submission = make_submission(student, assignment, source="a = 1\nb = 2\n")
    record(submission, make_report(3))
    Submission.objects.update(line=2)
    own = submission.get_absolute_url()

    assert at.get(reverse("submissions:state", args=[submission.pk])).json()["line"] == 2
    assert f'href="{own}#line-2"' in at.get(assignment.get_absolute_url()).text
    text = at.get(own).text
    assert 'href="#line-2"' in text
    assert '<mark class="code-line is-looked-at" id="line-2" tabindex="-1">' in text
    assert "Look at line 2." in text
