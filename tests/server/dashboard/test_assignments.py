"""Create assignments with their terms, change them and remove them."""

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


def test_a_new_assignment_has_its_terms_and_comes_last(teach, course, assignment, cube):
    answer = teach("dashboard:new-assignment", method="post", data=TERMS | {"exercise": cube})

    made = Assignment.objects.get(slug=cube)
    assert answer.url.endswith(f"/assignments/{made.pk}/")
    assert (made.course, made.exercise, made.points, made.attempts, made.keeps) == (course, cube, 20, 3, "last")
    assert list(course.assignments.all()) == [assignment, made]


def test_the_same_exercise_needs_another_name(teach, course, assignment):
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
def test_impossible_terms_create_no_assignment(teach, course, assignment, cube, wrong):
    answer = teach("dashboard:new-assignment", method="post", data=TERMS | {"exercise": cube} | wrong)

    assert answer.status_code == 422
    assert course.assignments.get() == assignment


def test_the_form_selects_the_exercise_of_its_address(teach, cube):
    page = teach("dashboard:new-assignment", data={"exercise": cube})

    assert f'<option value="{cube}" selected>' in page.text


def test_an_assignment_without_work_is_deleted(teach, course, assignment):
    assert "Remove it from the course" in teach("dashboard:assignment", assignment.pk).text
    teach("dashboard:withdraw", assignment.pk, method="post")

    assert not course.assignments.exists()


def test_an_assignment_with_work_is_kept(teach, course, assignment, instructor):
    decide(assignment, make_student(course), action=Action.EXTENDED, by=instructor, why="?", extra_attempts=1)
    assert "Remove it from the course" not in teach("dashboard:assignment", assignment.pk).text
    answer = teach("dashboard:withdraw", assignment.pk, method="post", follow=True)

    assert "Students have worked on this" in answer.text
    assert course.assignments.get() == assignment


def test_points_stay_at_least_as_high_as_overrides(teach, course, assignment, instructor):
    learner = make_student(course)
    graded(learner, assignment, given=1)
    decide(assignment, learner, action=Action.OVERRIDDEN, by=instructor, why="?", override=90)

    answer = teach("dashboard:assignment", assignment.pk, method="post", data=TERMS | {"position": "0"})
    assert answer.status_code == 422
    assert "by hand" in answer.text
