from datetime import timedelta

import pytest
from django.utils import timezone

from server.gradebook.models import Action
from server.gradebook.services import decide
from tests.support.people import (
    graded,
    make_assignment,
    make_course,
    make_member,
    make_student,
    make_user,
    write_exercise,
)


def test_a_student_of_one_course_is_redirected_to_it(client, student, assignment):
    client.force_login(student)

    assert client.get("/").url == f"/courses/{assignment.course.slug}/"


@pytest.mark.parametrize("role", ["ta", "instructor"])
def test_a_teacher_of_one_course_is_redirected_to_its_overview(client, course, role):
    client.force_login(make_member(course, role))

    assert client.get("/").url == f"/courses/{course.slug}/teach/"


def test_a_user_without_a_course_gets_instructions(client, db):
    client.force_login(make_user())

    assert "Ask your instructor" in client.get("/").text


def test_a_visitor_is_redirected_to_sign_in(client, assignment):
    assert client.get(f"/courses/{assignment.course.slug}/").url.startswith("/accounts/login/")


def test_a_course_of_others_is_not_found(client, student):
    client.force_login(student)

    assert client.get(f"/courses/{make_course().slug}/").status_code == 404


def test_a_later_exercise_is_listed_in_its_unit(client, student, assignment):
    for position, slug in enumerate(["training/line", "gradients/cube"], start=1):
        make_assignment(assignment.course, slug=slug, position=position)
    client.force_login(student)

    units = client.get(f"/courses/{assignment.course.slug}/").context["units"]

    slugs = [(unit.title, [status.assignment.slug for status in unit.statuses]) for unit in units]
    assert slugs == [("Gradients", ["gradients/square", "gradients/cube"]), ("Training", ["training/line"])]


def test_the_home_shows_passed_exercises_and_the_next_one(client, student, assignment, exercises):
    write_exercise(exercises, "gradients/cube", title="The cube")
    make_assignment(assignment.course, slug="gradients/cube", exercise="gradients/cube", position=2)
    graded(student, assignment, given=10)
    client.force_login(student)

    page = client.get(f"/courses/{assignment.course.slug}/")

    assert "1 of 2 exercises passed" in page.text
    assert page.context["to_do"].assignment.title == "The cube"


def test_the_next_exercise_is_the_first_that_is_due(client, student, assignment):
    now, day = timezone.now(), timedelta(days=1)
    dates = {"late": now - day, "closed": now - day, "soon": now + day, "later": now + 2 * day, "never": None}
    for name, due_at in dates.items():
        closes_at = due_at if name == "closed" else None
        make_assignment(assignment.course, slug=f"gradients/{name}", due_at=due_at, closes_at=closes_at)
    assignment.delete()
    client.force_login(student)

    order = []
    for _ in range(5):
        to_do = client.get(f"/courses/{assignment.course.slug}/").context["to_do"]
        order.append(to_do and to_do.assignment.slug.removeprefix("gradients/"))
        if to_do:
            graded(student, to_do.assignment, given=10)

    assert order == ["soon", "later", "never", "late", None]


@pytest.mark.parametrize("number", [1, 20])
def test_queries_of_the_home_do_not_grow_with_exercises(client, assignment, number, django_assert_max_num_queries):
    student = make_student(assignment.course)
    for position in range(number):
        graded(student, make_assignment(assignment.course, slug=f"gradients/square-{position}"), given=5)
    client.force_login(student)

    with django_assert_max_num_queries(11):
        assert client.get(f"/courses/{assignment.course.slug}/").status_code == 200


def grades_of(client, course):
    return client.get(f"/courses/{course.slug}/grades/")


def test_the_grades_show_score_late_penalty_and_grade(client, student, assignment):
    assignment.due_at = timezone.now() - timedelta(hours=1)
    assignment.late_percent_per_day = 25
    assignment.save()
    graded(student, assignment, given=8)
    client.force_login(student)

    text = grades_of(client, assignment.course).text

    assert '<td class="number fold">80 of 100</td>' in text
    assert "−20" in text
    assert "<strong>60</strong> of 100" in " ".join(text.split())


def test_the_grades_are_those_of_the_reader(client, student, assignment):
    graded(make_student(assignment.course), assignment, given=7)
    client.force_login(student)

    answer = grades_of(client, assignment.course)

    assert answer.context["course_total"].points == 0
    assert "7 of 10" not in answer.text


def test_an_exempt_assignment_does_not_count(client, student, assignment):
    by = make_member(assignment.course, "instructor")
    decide(assignment, student, action=Action.EXEMPTED, by=by, why="Did it last year", exempt=True)
    client.force_login(student)

    answer = grades_of(client, assignment.course)

    assert "exempt" in answer.text
    assert answer.context["course_total"].max_points == 0


def test_grades_of_another_course_are_not_found(client, student):
    client.force_login(student)

    assert grades_of(client, make_course()).status_code == 404


@pytest.mark.parametrize("number", [1, 20])
def test_queries_of_the_grades_do_not_grow_with_exercises(client, assignment, number, django_assert_max_num_queries):
    student = make_student(assignment.course)
    for position in range(number):
        graded(student, make_assignment(assignment.course, slug=f"gradients/square-{position}"), given=5)
    client.force_login(student)

    with django_assert_max_num_queries(11):
        assert grades_of(client, assignment.course).status_code == 200


def test_totals_are_those_of_the_work_due_so_far(client, student, assignment):
    now = timezone.now()
    assignment.due_at = now - timedelta(days=1)
    assignment.save()
    graded(student, assignment, given=4, submitted_at=now - timedelta(days=2))
    later = make_assignment(assignment.course, slug="gradients/later", due_at=now + timedelta(days=9))
    graded(student, later, given=10)
    make_assignment(assignment.course, slug="gradients/much-later", due_at=now + timedelta(days=30))
    client.force_login(student)

    text = " ".join(grades_of(client, assignment.course).text.split())

    assert '<strong>40</strong> <span class="soft">of 100 points due so far</span>' in text
    assert "100 points more for work that is due later" in text
    assert "The whole course has 300 points" in text
