"""The lists of all courses and all people: what they show, and that they are as quick with many rows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from server.accounts.models import User
from server.administration.selectors import PER_PAGE, WhichCourses, WhichPeople, courses_page, people_page
from server.courses.models import Course, Enrollment
from tests.support.people import make_assignment, make_course, make_member, make_student, make_submission, make_user

pytestmark = pytest.mark.django_db


def listed(client, view, **query):
    with CaptureQueriesContext(connection) as queries:
        page = client.get(reverse(f"administration:{view}"), query)
    assert page.status_code == 200
    return page.text, len(queries)


def test_courses_show_their_people_and_their_last_submission(client, administrator, course, student):
    make_member(course, "ta")
    submission = make_submission(student, course.assignments.get())
    (row,) = courses_page(course.slug).rows

    assert (row.course, row.students, row.staff) == (course, 1, 1)
    assert row.active_at == submission.submitted_at
    assert course.title in listed(client, "courses")[0]


def test_archived_courses_are_listed_if_they_are_asked_for(administrator):
    running, archived = make_course(), make_course()
    Course.objects.filter(pk=archived.pk).update(archived_at=timezone.now())

    assert [one.course for one in courses_page().rows] == [running]
    assert [one.course for one in courses_page(which=WhichCourses.ARCHIVED).rows] == [archived]
    assert len(courses_page(which=WhichCourses.ALL).rows) == 2


def test_people_are_found_by_each_of_their_names(administrator, course):
    ada = make_student(
        course, username="ada", first_name="Ada", last_name="Lovelace", email="al@example.org", external_id="s-1815"
    )
    for search in ("ada", "lovelace ada", "al@example", "S-1815"):
        assert people_page(search).rows == [ada], search
    assert people_page("ada babbage").rows == []


def test_people_are_listed_by_what_they_are(administrator):
    off = make_user(is_active=False)

    assert people_page(which=WhichPeople.ADMINISTRATORS).rows == [administrator]
    assert people_page(which=WhichPeople.INACTIVE).rows == [off]
    assert len(people_page(which=WhichPeople.ALL).rows) == 2


@pytest.mark.parametrize("view", ["people", "courses"])
def test_a_page_needs_as_many_queries_with_many_rows(client, administrator, view):
    def fill(count):
        for _ in range(count):
            course = make_course()
            make_submission(make_student(course), make_assignment(course))

    fill(1)
    few = listed(client, view)[1]
    fill(5)

    assert listed(client, view)[1] == few
    assert few <= 12


def test_pages_follow_each_other_without_a_count(client, administrator):
    User.objects.bulk_create(User(username=f"person{number:04}", password="!") for number in range(2 * PER_PAGE))
    names, after = [], ""
    while True:
        page = people_page("person", after=after)
        names += [one.username for one in page.rows]
        after = page.after
        if not after:
            break

    assert names == [f"person{number:04}" for number in range(2 * PER_PAGE)]
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("administration:people"), {"after": "person0049"})
    assert not [one["sql"] for one in queries if "COUNT(" in one["sql"] or "OFFSET" in one["sql"]]


def test_odd_filters_are_ignored(client, administrator):
    for query in ({"q": "\0%_"}, {"which": "nothing"}, {"after": "\0"}):
        listed(client, "people", **query)
        listed(client, "courses", **query)


def test_a_person_has_links_to_merging_and_to_personal_data(client, administrator, course, student):
    page = client.get(reverse("administration:person", args=[student.pk])).text

    assert reverse("merging:choose", args=[course.slug, student.pk]) in page
    assert reverse("privacy:person", args=[student.pk]) in page
    assert Enrollment.objects.get(user=student).get_role_display() in page
