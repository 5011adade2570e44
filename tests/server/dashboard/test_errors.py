"""Submissions that we could not grade: listed, and graded again."""

import pytest

from server.submissions import services
from server.submissions.models import State, Submission
from tests.support.people import make_assignment, make_course, make_student, make_submission


@pytest.fixture
def failed(assignment):
    submission = make_submission(make_student(assignment.course, first_name="Ada"), assignment)
    services.give_up(submission)
    return submission


def state_of(submission):
    return Submission.objects.get(pk=submission.pk).state


def test_the_overview_leads_to_the_errors(teach, failed):
    assert 'href="/courses/' in teach("dashboard:overview").text
    assert "/teach/errors/" in teach("dashboard:overview").text
    assert "Ada" in teach("dashboard:errors").text


def test_one_error_is_graded_again(teach, failed, assignment):
    another = make_submission(make_student(assignment.course), assignment)
    services.give_up(another)

    answer = teach("dashboard:grade-again", method="post", data={"submission": failed.pk}, follow=True)

    assert "1 submission will be graded again" in answer.text
    assert (state_of(failed), state_of(another)) == (State.QUEUED, State.ERROR)


def test_all_errors_of_the_course_are_graded_again(teach, failed):
    elsewhere = make_assignment(make_course())
    foreign = make_submission(make_student(elsewhere.course), elsewhere)
    services.give_up(foreign)

    teach("dashboard:grade-again", method="post")

    assert (state_of(failed), state_of(foreign)) == (State.QUEUED, State.ERROR)


@pytest.mark.parametrize("key", ["x", "00000000-0000-0000-0000-000000000000", ""])
def test_an_unknown_submission_changes_nothing(teach, failed, key):
    answer = teach("dashboard:grade-again", method="post", data={"submission": key}, follow=True)

    assert "no longer in the list" in answer.text
    assert state_of(failed) == State.ERROR


def test_an_assistant_sees_errors_and_grades_nothing_again(client, course, ta, failed):
    client.force_login(ta)

    assert "Grade again" not in client.get(f"/courses/{course.slug}/teach/errors/").text
    assert client.post(f"/courses/{course.slug}/teach/errors/grade-again").status_code == 403
