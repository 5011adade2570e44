"""A comment on a submission is shown to its learner and to nobody else."""

import pytest
from django.urls import reverse

from server.comments.services import comment
from tests.support.people import graded, make_member, make_submission

ATTACK = "<script>alert(1)</script>"


@pytest.fixture
def submission(student, assignment):
    return graded(student, assignment, given=4)


@pytest.fixture
def at(client, student):
    client.force_login(student)
    return client


@pytest.fixture
def teacher(assignment):
    return make_member(assignment.course, "ta", first_name="Emmy", last_name="Noether")


def page(assignment, name="exercise"):
    return reverse(f"submissions:{name}", args=[assignment.course.slug, assignment.slug])


def test_a_comment_stands_below_the_result_wherever_that_is_shown(at, assignment, submission, teacher):
    comment(submission, author=teacher, text="Look at the *batch* dimension.")

    for address in (page(assignment), submission.get_absolute_url()):
        text = at.get(address).text
        assert text.count("Look at the *batch* dimension.") == 1
        assert "Emmy Noether" in text


def test_the_history_says_which_attempts_have_comments(at, student, assignment, submission, teacher):
    assert "Comments" not in at.get(page(assignment, "history")).text
    comment(submission, author=teacher, text="One.")
    comment(submission, author=teacher, text="Two.")
    make_submission(student, assignment)

    text = at.get(page(assignment, "history")).text

    assert f'href="{submission.get_absolute_url()}#comments">2 comments' in text
    assert text.count("#comments") == 1


def test_a_comment_is_shown_and_never_run(at, assignment, submission, teacher):
    teacher.first_name = ATTACK
    teacher.save()
    comment(submission, author=teacher, text=ATTACK)

    text = at.get(submission.get_absolute_url()).text

    assert ATTACK not in text
    assert text.count("&lt;script&gt;alert(1)") == 2
