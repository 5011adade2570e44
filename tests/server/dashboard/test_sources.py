"""Downloading submissions: who can, what they get, and that it is sent piece by piece."""

import io
import zipfile

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from django.urls import reverse

from server.audit.models import AuditEntry
from server.audit.sentences import sentence
from server.courses.models import AssistantLimit, Enrollment, Section
from tests.support.people import graded, make_assignment, make_course, make_member, make_student

pytestmark = pytest.mark.django_db


@pytest.fixture
def handed_in(course, assignment):
    learner = make_student(course, username="ada")
    return [graded(learner, assignment, given) for given in (2, 10, 5)]


def download(user, course, **query):
    """(the response, the names in its ZIP file)."""

    async def go():
        client = AsyncClient()
        await client.aforce_login(user)
        response = await client.get(reverse("dashboard:source-file", args=[course.slug]), query)
        pieces = [piece async for piece in response] if response.streaming else []
        return response, pieces

    response, pieces = async_to_sync(go)()
    names = zipfile.ZipFile(io.BytesIO(b"".join(pieces))).namelist() if pieces else []
    return response, pieces, names


def test_staff_download_what_they_chose(handed_in, course, assignment, instructor):
    response, pieces, names = download(instructor, course, assignment=assignment.pk, which="counted")

    assert names == ["gradients/square/ada-attempt-2.py", "index.csv", "index.json"]
    assert len(pieces) > 1
    assert response["Content-Type"] == "application/zip"
    assert response["Content-Disposition"] == (f'attachment; filename="{course.slug}-gradients-square-counted.zip"')
    assert response["Cache-Control"] == "no-store"


def test_without_an_assignment_the_whole_course_comes(handed_in, course, instructor):
    make_assignment(course, slug="gradients/cube")

    _, _, names = download(instructor, course, which="all")

    assert sum(name.endswith(".py") for name in names) == 3


def test_the_log_notes_a_download(handed_in, course, assignment, instructor):
    download(instructor, course, assignment=assignment.pk, which="all")

    assert sentence(AuditEntry.objects.first()).endswith("downloaded all submissions of gradients/square.")


@pytest.mark.parametrize("query", [{}, {"which": "none"}, {"which": "all", "assignment": "0"}])
def test_an_odd_choice_is_refused(handed_in, course, instructor, query):
    response, _, names = download(instructor, course, **query)

    assert (response.status_code, names) == (422, [])


def test_an_assignment_of_another_course_is_refused(handed_in, assignment, course):
    other = make_course()

    response, _, names = download(make_member(other, "instructor"), other, assignment=assignment.pk, which="all")

    assert (response.status_code, names) == (422, [])


def test_a_limited_assistant_gets_the_own_section_only(handed_in, course, assignment):
    mate = make_student(course, username="in-the-section")
    graded(mate, assignment, 5)
    assistant = make_member(course, "ta")
    section = Section.objects.create(course=course, name="Monday")
    Enrollment.objects.filter(user=mate).update(section=section)
    AssistantLimit.objects.create(course=course, user=assistant, section=section)

    _, _, names = download(assistant, course, which="all")

    assert [name for name in names if name.endswith(".py")] == ["gradients/square/in-the-section-attempt-1.py"]


def test_students_find_no_download(handed_in, course, student):
    response, _, names = download(student, course, which="all")

    assert (response.status_code, names) == (404, [])


def test_the_page_offers_the_assignments(client, course, assignment, instructor):
    client.force_login(instructor)

    page = client.get(reverse("dashboard:sources", args=[course.slug]), {"assignment": assignment.pk, "which": "all"})

    assert page.status_code == 200
    assert f'value="{assignment.pk}" selected' in page.text
