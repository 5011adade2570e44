"""Launches into an archived course, and into a draft."""

import pytest

from server.course_setup.services import archive
from server.courses.models import Course, Enrollment
from server.lti.members import rosters
from server.lti.models import Identity, LmsCourse
from tests.support.people import make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def archived(browser, assignment):
    """The student s1, who was in the course before it was archived."""
    browser.launch(exercise=assignment.slug)
    archive(assignment.course, by=make_member(assignment.course, "instructor"))
    return Enrollment.objects.get(user__lti_identities__sub="s1")


def test_a_member_reads_and_hands_in_nothing(browser, assignment, archived):
    response = browser.launch(exercise=assignment.slug)

    assert response["Location"] == assignment.get_absolute_url()
    page = browser.client.get(response["Location"])
    assert page.status_code == 200
    assert "nothing can be handed in" in page.text
    refused = browser.client.post(f"{assignment.get_absolute_url()}submit", {"source": "x = 1"})
    assert refused.status_code == 403


def test_nobody_else_comes_in_and_no_account_is_made(browser, assignment, archived):
    response = browser.launch(exercise=assignment.slug, sub="newcomer")

    assert response.status_code == 403
    assert "This course is archived" in response.text
    assert not Identity.objects.filter(sub="newcomer").exists()


def test_a_launch_changes_no_role(browser, assignment, archived):
    browser.launch(exercise=assignment.slug, roles=["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"])

    archived.refresh_from_db()
    assert archived.role == "student"


def test_its_roster_is_not_read_any_more(double, archived):
    LmsCourse.objects.update(memberships_url=f"{double.url}/nowhere", roster_at=None)
    rosters.sync_due()
    assert LmsCourse.objects.get().roster_at is None

    Course.objects.update(archived_at=None)
    rosters.sync_due()
    assert LmsCourse.objects.get().roster_at is not None


def test_a_draft_leads_students_to_the_course(browser, assignment):
    type(assignment).objects.filter(pk=assignment.pk).update(is_draft=True)
    response = browser.launch(exercise=assignment.slug)

    assert response["Location"] == assignment.course.get_absolute_url()
