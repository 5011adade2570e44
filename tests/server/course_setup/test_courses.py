"""New courses: who makes them, how many, their addresses; and the archive."""

import pytest
from django.urls import reverse

from server.accounts.models import User
from server.course_setup.services import archive, make_course, reopen
from server.courses.models import Course, FormerSlug
from tests.support import people
from tests.support.people import make_member, make_user

pytestmark = pytest.mark.django_db


def make(client, person, **fields):
    client.force_login(person)
    return client.post(reverse("course_setup:new"), {"title": "Autograd", "term": "Spring 2027"} | fields)


def test_the_maker_is_instructor_and_the_address_is_suggested(client, instructor):
    answer = make(client, instructor, time_zone="Asia/Seoul")

    course = Course.objects.get(title="Autograd")
    assert (course.slug, course.term, course.time_zone) == ("autograd-spring-2027", "Spring 2027", "Asia/Seoul")
    assert course.enrollments.get().user == instructor
    assert answer.url == reverse("course_setup:set", args=[course.slug])


@pytest.mark.parametrize(
    ("makers", "who", "allowed"),
    [
        ("instructors", "instructor", True),
        ("instructors", "ta", False),
        ("instructors", "student", False),
        ("nobody", "instructor", False),
        ("nobody", "administrator", True),
        ("ada, grace", "grace", True),
        ("ada, grace", "instructor", False),
        ("", "instructor", False),
    ],
)
def test_the_setting_says_who_makes_courses(client, settings, course, makers, who, allowed):
    settings.COURSE_MAKERS = makers
    person = make_user(username="grace") if who == "grace" else None
    if who == "administrator":
        person = User.objects.create_superuser("root", password="x")
    answer = make(client, person or make_member(course, who))

    assert Course.objects.filter(title="Autograd").exists() == allowed
    assert answer.status_code == (302 if allowed else 403)
    if not allowed:
        assert "cannot make courses" in answer.text
        assert reverse("course_setup:new") not in client.get(reverse("profile")).text


def test_a_person_makes_only_so_many_courses(client, settings, instructor):
    settings.COURSES_PER_YEAR = 2
    answers = [make(client, instructor, slug=f"a-{number}").status_code for number in range(3)]

    assert answers == [302, 302, 422]
    assert Course.objects.filter(made_by=instructor).count() == 2


@pytest.mark.parametrize("slug", ["taken", "Taken", "was-taken"])
def test_an_address_that_is_or_was_used_is_refused(client, instructor, course, slug):
    Course.objects.filter(pk=course.pk).update(slug="taken")
    FormerSlug.objects.create(course=course, slug="was-taken")
    answer = make(client, instructor, slug=slug)

    assert answer.status_code == 422
    assert "Choose another one" in answer.text


def test_a_title_without_latin_letters_needs_a_short_name(client, instructor):
    assert make(client, instructor, title="미분", term="").status_code == 422
    assert make(client, instructor, title="미분", term="", slug="calculus").status_code == 302


def change(client, course, **fields):
    said = {"title": course.title, "slug": course.slug, "hint_rule": course.hint_rule} | fields
    return client.post(reverse("course_setup:settings", args=[course.slug]), said)


def test_a_former_address_leads_to_the_course(client, course, instructor, student):
    old = course.slug
    client.force_login(instructor)
    change(client, course, slug="renamed")
    client.force_login(student)

    answer = client.get(f"/courses/{old}/grades/?x=1")
    assert (answer.status_code, answer.url) == (302, "/courses/renamed/grades/?x=1")
    assert client.post(f"/courses/{old}/teach/settings/archive").status_code == 404
    client.force_login(make_user())
    assert client.get(f"/courses/{old}/grades/").status_code == 404


def test_a_course_gets_its_former_address_back(client, course, instructor):
    old = course.slug
    client.force_login(instructor)
    change(client, course, slug="renamed")
    course.refresh_from_db()
    change(client, course, slug=old)

    assert Course.objects.get(pk=course.pk).slug == old
    assert list(FormerSlug.objects.values_list("slug", flat=True)) == ["renamed"]


def test_assistants_cannot_open_the_settings(client, course):
    client.force_login(make_member(course, "ta"))

    assert client.get(reverse("course_setup:settings", args=[course.slug])).status_code == 403


def test_an_archived_course_moves_to_earlier_courses(client, course, student, instructor):
    archive(course, by=instructor)
    client.force_login(student)

    page = client.get("/").text
    assert page.index("Earlier courses") < page.index(course.title)
    assert "nothing can be handed in" in client.get(course.get_absolute_url()).text
    reopen(course, by=instructor)
    assert client.get("/").url == course.get_absolute_url()


def test_grades_of_an_archived_course_can_be_exported(client, course, student, assignment, instructor):
    people.graded(student, assignment, 5.0)
    archive(course, by=instructor)
    client.force_login(instructor)

    answer = client.get(reverse("dashboard:export", args=[course.slug, "csv"]))
    assert student.username in b"".join(answer.streaming_content).decode() if answer.streaming else answer.text


def test_a_retried_form_makes_one_course(client, instructor):
    make_course(by=instructor, title="Autograd", slug="autograd-spring-2027")

    assert make(client, instructor).status_code == 422
    assert Course.objects.filter(title="Autograd").count() == 1
