import pytest

from server.courses.models import Enrollment, FormerEnrollment, Role
from server.courses.services import MembershipRefused, change_role, remove, restore
from server.gradebook.models import Grade
from server.submissions.models import Submission
from tests.support.people import graded, make_course, make_member, make_student, make_user


@pytest.fixture
def course(db):
    return make_course()


@pytest.fixture
def instructor(course):
    return make_member(course, "instructor")


def role_of(course, user):
    return course.enrollments.values_list("role", flat=True).filter(user=user).first()


def test_a_member_gets_another_role(course, instructor):
    student = make_student(course)

    change_role(course, student, Role.TA, by=instructor)

    assert role_of(course, student) == "ta"


@pytest.mark.parametrize("change", [lambda *who, by: change_role(*who, Role.STUDENT, by=by), remove])
def test_nobody_takes_their_own_role(course, instructor, change):
    make_member(course, "instructor")

    with pytest.raises(MembershipRefused, match="This is you"):
        change(course, instructor, by=instructor)
    assert role_of(course, instructor) == "instructor"


@pytest.mark.parametrize("change", [lambda *who, by: change_role(*who, Role.STUDENT, by=by), remove])
def test_a_course_keeps_its_last_instructor(course, instructor, change):
    with pytest.raises(MembershipRefused, match="only instructor"):
        change(course, instructor, by=make_user(is_superuser=True))
    assert role_of(course, instructor) == "instructor"


def test_a_removed_member_keeps_work_and_comes_back(assignment, instructor):
    course = assignment.course
    other = make_member(course, "instructor")
    student = make_student(course)
    graded(student, assignment, given=5)

    remove(course, student, by=other)

    assert role_of(course, student) is None
    assert not student.has_perm("courses.view", course)
    assert FormerEnrollment.objects.get().by == other
    assert Submission.objects.filter(learner=student).exists()
    assert Grade.objects.filter(learner=student).exists()
    restore(course, student)
    assert role_of(course, student) == "student"


def test_a_stranger_is_neither_removed_nor_restored(course, instructor):
    stranger = make_user()

    for change in (lambda: remove(course, stranger, by=instructor), lambda: restore(course, stranger)):
        with pytest.raises(MembershipRefused):
            change()
    assert Enrollment.objects.count() == 1
