from server.accounts.models import User
from server.courses.models import Enrollment, Role
from server.demo.course import ORDER, make_demo
from tests.support.people import write_exercise


def test_the_demo_has_one_assignment_for_each_exercise(db):
    assert [one.slug for one in make_demo().assignments.all()] == ["gradients/square"]


def test_the_demo_creates_its_accounts_and_roles(db):
    course = make_demo()

    roles = dict(Enrollment.objects.filter(course=course).values_list("user__username", "role"))
    assert len(roles) == 62
    assert (roles["student60"], roles["ta"], roles["instructor"]) == (Role.STUDENT, Role.TA, Role.INSTRUCTOR)
    assert User.objects.get(external_id="student1").check_password("student1")
    assert User.objects.get(username="admin").is_superuser


def test_making_it_again_changes_nothing_but_adds_new_exercises(db, exercises):
    first = make_demo()
    User.objects.filter(username="student1").update(first_name="Ada")
    first.assignments.update(points=7)
    write_exercise(exercises, ORDER[0])

    again = make_demo()

    assert again == first
    assert User.objects.get(username="student1").first_name == "Ada"
    assert list(again.assignments.values_list("slug", "points")) == [(ORDER[0], 100), ("gradients/square", 7)]
