import pytest
from django.urls import reverse

from server.courses.models import Role
from tests.support.people import make_assignment, make_member, make_student, make_submission, make_user


@pytest.fixture
def at(client, student):
    """The client, signed in as the student."""
    client.force_login(student)
    return client


def ask(client, left, right, assignment=None):
    assignment = assignment or left.assignment
    address = reverse("submissions:compare", args=[assignment.course.slug, assignment.slug])
    return client.get(address, {"left": getattr(left, "pk", left), "right": getattr(right, "pk", right)})


def pair(student, assignment, *sources):
    return [make_submission(student, assignment, source=source) for source in sources]


def test_two_attempts_stand_side_by_side(at, student, assignment):
    text = ask(at, *pair(student, assignment, "return 2 * x\n", "return 3 * x\n")).text

    assert "return <del>2</del> * x" in text
    assert "return <ins>3</ins> * x" in text
    assert "Attempt 1 and Attempt 2" in text


def test_the_same_code_is_said_to_be_the_same(at, student, assignment):
    assert "The code is exactly the same" in ask(at, *pair(student, assignment, "x = 1\n", "x = 1\n")).text


def test_code_is_shown_and_never_run(at, student, assignment):
    attack = "<script>alert(1)</script>"
    text = ask(at, *pair(student, assignment, f"{attack}\n{attack}", f"{attack}\nx")).text

    assert attack not in text
    assert "&lt;script&gt;alert(1)" in text


def test_the_history_offers_the_last_two(at, student, assignment):
    older, newer = pair(student, assignment, "x = 1", "x = 2")
    address = reverse("submissions:history", args=[assignment.course.slug, assignment.slug])

    text = " ".join(at.get(address).text.split())

    assert f'name="left" value="{older.pk}" aria-label="Attempt 1 on the left" checked' in text
    assert f'name="right" value="{newer.pk}" aria-label="Attempt 2 on the right" checked' in text


def test_a_single_attempt_has_nothing_to_be_compared_with(at, student, assignment):
    make_submission(student, assignment)

    address = reverse("submissions:history", args=[assignment.course.slug, assignment.slug])
    assert "Compare" not in at.get(address).text


@pytest.mark.parametrize("nonsense", ["", "x", "01a20629-f3f8-7342-9575-f23a2c938b97", "'; --"])
def test_what_is_no_attempt_is_not_found(at, student, assignment, nonsense):
    (mine,) = pair(student, assignment, "x = 1")

    assert ask(at, mine, nonsense).status_code == 404


@pytest.mark.parametrize("role", list(Role))
def test_the_code_of_another_is_not_found_whoever_asks(client, student, assignment, role):
    theirs, more = pair(student, assignment, "secret = 1", "secret = 2")
    member = make_member(assignment.course, role)
    mine = make_submission(member, assignment)
    client.force_login(member)

    for left, right in ((theirs, more), (mine, theirs), (theirs, mine)):
        answer = ask(client, left, right)
        assert answer.status_code == 404
        assert "secret" not in answer.text


def test_an_attempt_at_another_exercise_is_not_found(at, student, assignment):
    other = make_assignment(assignment.course, slug="gradients/other")
    (mine,) = pair(student, assignment, "x = 1")

    assert ask(at, mine, make_submission(student, other)).status_code == 404


def test_strangers_must_sign_in_and_others_find_nothing(client, student, assignment):
    left, right = pair(student, assignment, "x = 1", "x = 2")
    assert ask(client, left, right).url.startswith("/accounts/login/")

    client.force_login(make_user())
    assert ask(client, left, right).status_code == 404
    client.force_login(make_student(assignment.course))
    assert ask(client, left, right).status_code == 404
