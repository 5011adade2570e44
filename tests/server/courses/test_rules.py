import pytest
from django.contrib.auth.models import AnonymousUser

from server.courses.models import Role
from tests.support.people import make_course, make_member, make_submission, make_user

# What each person may do in a course: with the course itself, and with a student's submission there.
EXPECTED = {
    "nobody": set(),
    "outsider": set(),
    "owner": {"courses.view", "submissions.view", "submissions.submit", "submissions.cancel"},
    "student": {"courses.view", "submissions.submit"},
    "ta": {"courses.view", "courses.teach", "submissions.view", "submissions.submit"},
    "instructor": {
        "courses.view",
        "courses.teach",
        "courses.manage",
        "submissions.view",
        "submissions.submit",
        "submissions.cancel",
        "submissions.requeue",
    },
    "instructor elsewhere": set(),
}
EXPECTED["admin"] = EXPECTED["instructor"]
PERMISSIONS = sorted(EXPECTED["instructor"])


@pytest.fixture
def person(student, assignment):
    """Return a function from a row of the table to somebody of that kind."""
    course = assignment.course
    people = {
        "nobody": AnonymousUser,
        "outsider": make_user,
        "owner": lambda: student,
        "student": lambda: make_member(course, Role.STUDENT),
        "ta": lambda: make_member(course, Role.TA),
        "instructor": lambda: make_member(course, Role.INSTRUCTOR),
        "instructor elsewhere": lambda: make_member(make_course(), Role.INSTRUCTOR),
        "admin": lambda: make_user(is_superuser=True),
    }
    return lambda kind: people[kind]()


@pytest.mark.parametrize("kind", EXPECTED)
def test_each_role_may_do_exactly_what_the_table_says(kind, person, student, assignment):
    submission = make_submission(student, assignment)
    somebody = person(kind)

    allowed = {permission for permission in PERMISSIONS if somebody.has_perm(permission, submission)}

    assert allowed == EXPECTED[kind]


def test_a_person_who_was_locked_out_may_do_nothing(student, assignment):
    student.is_active = False

    assert not student.has_perm("courses.view", assignment)


def test_asking_often_about_one_course_takes_one_query(student, assignment, django_assert_num_queries):
    with django_assert_num_queries(1):
        for _ in range(3):
            assert student.has_perm("courses.view", assignment.course)
