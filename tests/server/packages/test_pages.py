"""A course's own exercises and lessons on the pages that everybody has."""

import pytest
from django.urls import reverse

from server.catalogue import versions
from server.gradebook.models import Assignment
from server.packages.models import PackageKind, Version
from server.packages.services import share, withdraw
from tests.server.course_setup.test_assignments import terms
from tests.server.lessons.conftest import LESSON, write_lesson
from tests.support.packages import SLUG, assign, make_published, package_files, publish_files
from tests.support.people import make_course, make_member

pytestmark = pytest.mark.django_db

OWN_LESSON = LESSON.replace("Squares", "Our own lesson")


@pytest.fixture
def package(course, instructor):
    return make_published(course, by=instructor)


def page(client, view, *args, **data):
    answer = client.post(reverse(view, args=args), data) if data else client.get(reverse(view, args=args))
    assert answer.status_code in {200, 302}, answer.content.decode()[:2000]
    return answer


def form_of(client, course, **values):
    found = page(client, "dashboard:new-assignment", course.slug).context["form"]
    initial = {name: field.initial for name, field in found.fields.items()}
    return {name: "" if value is None else value for name, value in initial.items()} | values


def test_the_form_for_a_new_assignment_offers_own_exercises(client, course, package, instructor):
    client.force_login(instructor)
    choice = f"package-{package.pk}"
    page(client, "dashboard:new-assignment", course.slug, **form_of(client, course, exercise=choice, slug="own/one"))
    made = Assignment.objects.get(course=course, slug="own/one")

    assert (made.package, made.exercise, made.library) == (package, SLUG, package.library)
    assert (made.version_id, made.stays) == (package.published_id, False)


def test_another_courses_package_cannot_be_chosen_by_its_key(client, course, package, instructor):
    other = make_course()
    theirs = make_published(other, "own/theirs", by=make_member(other, "instructor"))
    client.force_login(instructor)
    values = form_of(client, course, exercise=f"package-{theirs.pk}", slug="own/one")
    answer = client.post(reverse("dashboard:new-assignment", args=[course.slug]), values)

    assert answer.status_code == 422
    assert not Assignment.objects.filter(slug="own/one").exists()


def test_many_assignments_at_once_prefer_the_courses_own(client, course, assignment, package, instructor):
    Assignment.objects.filter(pk=assignment.pk).update(slug="gradients/else")
    client.force_login(instructor)
    shown = page(client, "course_setup:set", course.slug).text
    assert (shown.count('value="gradients/square"'), "Our own square" in shown) == (1, True)

    page(client, "course_setup:set", course.slug, **terms(step="save", pick=SLUG, **{f"{SLUG}-points": "5"}))
    assert Assignment.objects.get(course=course, slug=SLUG).package == package


def test_an_assignment_follows_or_stays_from_its_page(client, course, package, instructor):
    own = assign(package, slug="gradients/our-square")
    client.force_login(instructor)
    page(client, "dashboard:version", course.slug, own.pk, number="1")
    publish_files(package, package_files(title="The second"), by=instructor)
    own.refresh_from_db()
    assert (own.stays, "stays with its version" in page(client, "dashboard:assignment", course.slug, own.pk).text) == (
        True,
        True,
    )

    page(client, "dashboard:version", course.slug, own.pk, number="follow")
    own.refresh_from_db()
    package.refresh_from_db()
    assert (own.stays, own.version_id) == (False, package.published_id)


def test_an_unreadable_exercise_says_so_and_loses_nothing(
    client, course, package, student, instructor, settings, tmp_path
):
    own = assign(package, slug="gradients/our-square")
    settings.VAR = tmp_path
    for cached in (versions._cache, versions._package, versions._exercise):
        cached.cache_clear()
    Version.objects.filter(pk=own.version_id).update(archive=b"not a zip")
    client.force_login(student)

    answer = client.get(own.get_absolute_url())
    assert (answer.status_code, "Tell your instructor" in answer.text) == (503, True)
    refused = client.post(reverse("submissions:submit", args=[course.slug, own.slug]), {"source": "x = 1"})
    assert (refused.status_code, student.submissions.count()) == (503, 0)
    assert client.get(reverse("courses:home", args=[course.slug])).status_code == 200
    client.force_login(instructor)
    for name in ("dashboard:assignments", "dashboard:overview", "dashboard:gradebook", "dashboard:new-assignment"):
        assert client.get(reverse(name, args=[course.slug])).status_code == 200
    assert "cannot be read" in client.get(reverse("dashboard:exercises", args=[course.slug])).text
    versions._cache.cache_clear()


@pytest.fixture
def lesson(exercises, course, instructor):
    write_lesson(exercises)
    files = {"lesson.md": OWN_LESSON.encode()}
    return make_published(course, "week-1/intro", by=instructor, kind=PackageKind.LESSON, files=files)


def test_a_lesson_of_a_course_stands_among_the_lessons(client, course, assignment, lesson, package, student):
    own = assign(package, slug="gradients/our-square")
    client.force_login(student)
    index = page(client, "lessons:index", course.slug).text
    assert index.index("Squares") < index.index("Our own lesson")

    text = page(client, "lessons:lesson", course.slug, "week-1.intro").text
    assert own.get_absolute_url() in text
    assert own.get_absolute_url() not in page(client, "lessons:lesson", course.slug, "squares").text
    assert "Our own lesson" in client.get(own.get_absolute_url()).text
    run = client.post(reverse("lessons:start", args=[course.slug, "week-1.intro"]), {"block": "x = 1", "run": "1"})
    assert (run.status_code, client.get(run.url).status_code) == (302, 200)


def test_a_lesson_belongs_to_its_course_until_it_is_shared(client, lesson, course, instructor):
    other = make_course()
    client.force_login(make_member(other, "student"))
    address = reverse("lessons:lesson", args=[other.slug, "week-1.intro"])
    assert client.get(address).status_code == 404

    share(lesson, other, by=instructor)
    assert client.get(address).status_code == 200
    withdraw(lesson, by=instructor)
    assert client.get(address).status_code == 404
