"""Setting exercises, on which terms, and taking them away again."""

import pytest

from server.gradebook.models import Action, Assignment
from server.gradebook.services import decide
from tests.support.people import graded, make_student, write_exercise

TERMS = {
    "points": "20",
    "due_at": "2026-03-02T10:00",
    "attempts": "3",
    "cooldown_seconds": "60",
    "keeps": "last",
    "late_percent_per_day": "10",
    "late_percent_cap": "50",
    "grace_minutes": "30",
}


@pytest.fixture
def cube(exercises):
    write_exercise(exercises, "gradients/cube")
    return "gradients/cube"


def test_an_exercise_is_set_with_its_terms_after_all_the_others(teach, course, assignment, cube):
    answer = teach("dashboard:new-assignment", method="post", data=TERMS | {"exercise": cube})

    made = Assignment.objects.get(slug=cube)
    assert answer.url.endswith(f"/assignments/{made.pk}/")
    assert (made.course, made.exercise, made.points, made.attempts, made.keeps) == (course, cube, 20, 3, "last")
    assert list(course.assignments.all()) == [assignment, made]


def test_the_same_exercise_is_set_twice_under_another_name_only(teach, course, assignment):
    again = TERMS | {"exercise": assignment.exercise}
    answer = teach("dashboard:new-assignment", method="post", data=again)
    assert answer.status_code == 422
    assert "already" in answer.text

    teach("dashboard:new-assignment", method="post", data=again | {"slug": "exam/square"})
    assert course.assignments.get(slug="exam/square").exercise == assignment.exercise


@pytest.mark.parametrize(
    "wrong",
    [
        {"exercise": "gradients/unheard-of"},
        {"exercise": "../../etc/passwd"},
        {"slug": "no-unit"},
        {"slug": "Up/Per"},
        {"slug": "a/b/../../c"},
        {"slug": "a/b\nc"},
        {"points": "-1"},
        {"points": "nan"},
        {"late_percent_per_day": "101"},
        {"closes_at": "2026-03-01T10:00"},
        {"keeps": "worst"},
    ],
)
def test_terms_that_make_no_sense_set_nothing(teach, course, assignment, cube, wrong):
    answer = teach("dashboard:new-assignment", method="post", data=TERMS | {"exercise": cube} | wrong)

    assert answer.status_code == 422
    assert course.assignments.get() == assignment


def test_the_list_of_exercises_leads_here_with_the_exercise_chosen(teach, cube):
    page = teach("dashboard:new-assignment", data={"exercise": cube})

    assert f'<option value="{cube}" selected>' in page.text


def test_what_nobody_worked_on_is_taken_away(teach, course, assignment):
    assert "Remove it from the course" in teach("dashboard:assignment", assignment.pk).text
    teach("dashboard:withdraw", assignment.pk, method="post")

    assert not course.assignments.exists()


def test_what_somebody_worked_on_stays(teach, course, assignment, instructor):
    decide(assignment, make_student(course), action=Action.EXTENDED, by=instructor, why="?", extra_attempts=1)
    assert "Remove it from the course" not in teach("dashboard:assignment", assignment.pk).text
    answer = teach("dashboard:withdraw", assignment.pk, method="post", follow=True)

    assert "Students have worked on this" in answer.text
    assert course.assignments.get() == assignment


def test_points_never_sink_below_what_was_given_by_hand(teach, course, assignment, instructor):
    learner = make_student(course)
    graded(learner, assignment, given=1)
    decide(assignment, learner, action=Action.OVERRIDDEN, by=instructor, why="?", override=90)

    answer = teach("dashboard:assignment", assignment.pk, method="post", data=TERMS | {"position": "0"})
    assert answer.status_code == 422
    assert "by hand" in answer.text
