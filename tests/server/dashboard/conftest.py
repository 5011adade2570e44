import pytest

from tests.support.people import make_assignment, make_member, make_student


@pytest.fixture
def ta(course):
    return make_member(course, "ta")


@pytest.fixture
def teach(client, course, instructor):
    """Signed in as the instructor: request a page below /teach/ by its name."""
    from django.urls import reverse

    client.force_login(instructor)

    def get(name, *args, method="get", data=None, **extra):
        return getattr(client, method)(reverse(name, args=[course.slug, *args]), data, **extra)

    return get


@pytest.fixture
def big_course(course):
    """Request the same pages with three times the rows, and compare the numbers of queries."""

    def grow(times):
        from tests.support.people import graded

        for number in range(times):
            another = make_assignment(course, slug=f"gradients/more-{number}-{times}")
            for _ in range(times):
                graded(make_student(course), another, given=3)

    return grow
