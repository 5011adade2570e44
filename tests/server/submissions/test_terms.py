"""What is hidden if an exercise is not open yet, who can try it, and what counts when it is closed."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from server.api.models import TokenScope
from server.api.tokens import make_token
from server.gradebook.models import Grade
from server.regrades.errors import RegradeError
from server.regrades.services import start
from server.submissions.errors import NotNow
from server.submissions.models import Kind, Submission
from server.submissions.services import submit
from server.web.templatetags.web import moment
from tests.server.lessons.conftest import LESSON, write_lesson
from tests.support.people import make_assignment, make_course, make_member, make_report, record, write_exercise

DAY = timedelta(days=1)
STATEMENT, STARTER = "quorthonic manifold", "starter_of_quorthon"


@pytest.fixture
def secret(exercises, course):
    """An assignment that opens tomorrow, with words that are nowhere else."""
    package = write_exercise(exercises, "gradients/secret", title="Secret", statement=f"About a {STATEMENT}.")
    (package / "starter.py").write_text(f"def square(x):\n    return {STARTER}\n")
    return make_assignment(course, slug="gradients/secret", exercise="gradients/secret", opens_at=timezone.now() + DAY)


def addresses(assignment):
    """Every page of a learner that has to do with an assignment."""
    course, slug = assignment.course.slug, assignment.slug
    about = [f"submissions:{name}" for name in ("exercise", "submit", "check", "file", "history", "compare")]
    pages = [reverse(name, args=[course, slug]) for name in [*about, "drafts:save"]]
    whole = [reverse(name, args=[course]) for name in ("courses:home", "courses:grades", "lessons:index")]
    teach = [f"/courses/{course}/teach/{rest}" for rest in ("exercises/", f"exercises/{assignment.exercise}/")]
    return [*pages, f"{pages[0]}?starter", *whole, *teach, reverse("lessons:lesson", args=[course, "about"])]


def test_before_it_opens_no_address_shows_statement_or_starter(client, student, secret, exercises):
    write_lesson(exercises, "01_about.md", LESSON.replace("gradients/cube", "gradients/secret"))
    client.force_login(student)
    seen = 0
    for address in addresses(secret):
        for answer in (
            client.get(address, follow=True),
            client.post(address, {"source": "x = 1"}),
            client.post(address, {"source": "x = 1"}, headers={"HX-Request": "true"}),
        ):
            assert STATEMENT not in answer.text, address
            assert STARTER not in answer.text, address
            seen += answer.status_code == 200
    assert seen > 5
    page = client.get(secret.get_absolute_url()).text
    assert f"can be seen from {moment(secret.opens_at)}" in page
    assert not Submission.objects.exists()


def test_the_api_hides_it_from_learners_and_not_from_teachers(client, student, secret, instructor):
    def ask(address, **token):
        _, text = make_token("x", courses=[secret.course], scopes=[TokenScope.SUBMISSIONS_READ], **token)
        return client.get(f"/api/v1{address}", headers={"Authorization": f"Bearer {text}"})

    assert ask("/exercises/gradients/secret", learner=student).status_code == 404
    assert "gradients/secret" not in ask("/exercises", learner=student).text
    assert ask("/exercises/gradients/square", learner=student).status_code == 200
    assert STATEMENT in ask("/exercises/gradients/secret", owner=instructor).text
    # A second course of the learner's that has it open shows it anyway.
    make_assignment(make_course(), slug="a/b", exercise="gradients/secret").course.enrollments.create(user=student)
    assert STATEMENT in ask("/exercises/gradients/secret", learner=student).text


def test_when_it_opens_everything_is_there(client, student, secret):
    secret.opens_at = timezone.now() - timedelta(seconds=1)
    secret.save()
    client.force_login(student)

    page = client.get(secret.get_absolute_url()).text
    assert STATEMENT in page
    assert STARTER in page


@pytest.mark.parametrize("role", ["ta", "instructor"])
def test_staff_try_it_as_a_student_before_it_opens(client, secret, role):
    member = make_member(secret.course, role)
    client.force_login(member)
    assert STATEMENT in client.get(secret.get_absolute_url()).text
    answer = client.post(reverse("submissions:submit", args=[secret.course.slug, secret.slug]), {"source": "x = 1"})

    assert answer.status_code == 302
    assert Submission.objects.get().learner == member


@pytest.fixture
def closed(course):
    course.practice = True
    course.save()
    return make_assignment(course, slug="unit/closed", closes_at=timezone.now() - DAY, attempts=1)


def test_after_closing_practice_is_graded_and_never_counts(client, student, closed, instructor):
    client.force_login(student)
    address = reverse("submissions:submit", args=[closed.course.slug, closed.slug])
    assert client.post(address, {"source": "x = 1"}).status_code == 302
    practice = Submission.objects.get()
    assert (practice.kind, practice.counts, practice.label) == (Kind.PRACTICE, False, "Practice 1")
    assert practice.job().scope == "all"
    record(practice, make_report(10))

    assert not Grade.objects.exists()
    page = client.get(practice.get_absolute_url()).text
    assert "it does not count" in page
    assert "100 of 100" in " ".join(page.split())
    assert "for practice" in client.get(closed.get_absolute_url()).text
    with pytest.raises(RegradeError):
        start(closed.course, [closed], by=instructor, why="x")


@pytest.mark.parametrize(("rule", "kind"), [("no", None), ("", Kind.PRACTICE), ("yes", Kind.PRACTICE)])
def test_an_assignment_can_say_otherwise_than_its_course(student, closed, rule, kind):
    closed.practice = rule
    closed.save()
    if kind is None:
        with pytest.raises(NotNow):
            submit(learner=student, assignment=closed, source="x = 1")
    else:
        assert submit(learner=student, assignment=closed, source="x = 1").kind == kind


def test_the_api_takes_no_practice(client, student, closed):
    _, token = make_token("x", courses=[closed.course], scopes=[TokenScope.SUBMISSIONS_WRITE], learner=student)
    answer = client.post(
        "/api/v1/submissions",
        {"assignment": closed.pk, "source": "x = 1"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )

    assert answer.status_code == 409
    assert answer.json()["code"] == "closed"
