import pytest

from server.submissions import services
from server.submissions.models import Kind, State
from server.submissions.statuses import statuses
from tests.support.people import graded, make_assignment, make_submission


def only(learner, assignment):
    (status,) = statuses(learner, assignment.course)
    return status


def test_an_exercise_that_nobody_touched_is_neither_tried_nor_passed(student, assignment):
    status = only(student, assignment)

    assert (status.tried, status.passed, status.waiting, status.grade) == (False, False, False, None)


def test_the_grade_is_the_share_of_the_points(student, assignment):
    graded(student, assignment, given=3, most=4)

    assert only(student, assignment).grade.final == pytest.approx(75)


def test_full_points_once_are_passed_for_good(student, assignment):
    graded(student, assignment, given=10)
    graded(student, assignment, given=2)

    assert only(student, assignment).passed
    assert only(student, assignment).used == 2


@pytest.mark.parametrize("state", [State.UNGRADABLE, State.ERROR, State.CANCELLED])
def test_an_ungraded_submission_uses_no_attempt(student, assignment, state):
    make_submission(student, assignment, state=state)

    assert only(student, assignment).used == 0
    assert only(student, assignment).grade is None


def test_a_waiting_submission_uses_an_attempt(student, assignment):
    waiting = make_submission(student, assignment)
    assert only(student, assignment).used == 1

    services.cancel(waiting)
    assert only(student, assignment).used == 0


def test_a_test_run_uses_no_attempt_and_gives_no_grade(student, assignment):
    make_submission(student, assignment, kind=Kind.TEST_RUN, state=State.GRADED, given=10, max=10)

    assert not only(student, assignment).tried


def test_work_of_others_is_not_shown(student, assignment):
    graded(None, assignment, given=10)

    assert not only(student, assignment).tried


def test_the_standing_of_a_course_needs_four_queries(student, assignment, django_assert_num_queries):
    for number in range(5):
        another = make_assignment(assignment.course, slug=f"gradients/another-{number}")
        graded(student, another, given=number)

    with django_assert_num_queries(4):
        assert len(statuses(student, assignment.course)) == 6
