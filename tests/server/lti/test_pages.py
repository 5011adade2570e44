"""The instructor's pages: register and disable platforms, link and unlink courses, send scores again."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from server.courses.models import Enrollment, Role
from server.lti import tasks
from server.lti.grades import line_items, passback, reconciliation
from server.lti.models import (
    Deployment,
    Identity,
    LineItem,
    LmsCourse,
    Passback,
    Platform,
    PlatformInvitation,
    ResourceLink,
)
from tests.support.lms.builders import make_platform
from tests.support.lms.double import StoredGrade
from tests.support.people import graded, make_course, make_member, make_student

pytestmark = pytest.mark.django_db

BY_HAND = {
    "name": "Moodle",
    "issuer": "https://moodle.example",
    "client_id": "abc",
    "auth_url": "https://moodle.example/auth",
    "token_url": "https://moodle.example/token",
    "jwks_url": "https://moodle.example/jwks",
}


@pytest.fixture
def visit(client, course, instructor):
    """Get a page of the course's LMS links, or post to it if there is data."""
    client.force_login(instructor)

    def visit(name, *args, data=None, query=None):
        address = reverse(f"lms:{name}", args=[course.slug, *args], query=query)
        return client.get(address) if data is None else client.post(address, data)

    return visit


def role_of(course, user):
    return Enrollment.objects.filter(course=course, user=user).values_list("role", flat=True).first()


# Platforms


@pytest.mark.parametrize("deployment", ["", "1"])
def test_a_platform_is_registered_by_hand(visit, course, deployment):
    answer = visit(
        "new", data=BY_HAND | {"deployment_id": deployment, "frames": "https://a.example/x https://a.example"}
    )

    made = Platform.objects.get()
    assert answer.status_code == 302
    assert (made.course, made.client_id, made.origins) == (course, "abc", ["https://a.example"])
    approved = [(one.deployment_id, one.approved, one.every_course) for one in made.deployments.all()]
    assert approved == ([("1", True, False)] if deployment else [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": ""},
        {"client_id": ""},
        {"token_url": "http://moodle.example/token"},
        {"token_url": "file:///etc/passwd"},
        {"jwks_url": "https://user:secret@moodle.example/"},
        {"auth_url": "javascript:alert(1)"},
        {"auth_url": "https://moodle.example/\u00e4"},
        {"frames": "https://a.example; script-src *"},
        {"frames": "https://*.example"},
        {"issuer": "x" * 301},
    ],
    ids=str,
)
def test_an_invalid_platform_is_refused(visit, wrong, settings):
    settings.LTI_ALLOW_PRIVATE = False

    assert visit("new", data=BY_HAND | wrong).status_code == 422
    assert not Platform.objects.exists()


def test_a_platform_of_another_course_is_reported_as_registered(visit):
    make_platform(make_course(), issuer=BY_HAND["issuer"])

    answer = visit("new", data=BY_HAND)
    assert answer.status_code == 422
    assert "registered already" in answer.text


def test_editing_changes_addresses_but_not_issuer_or_client_id(visit, course):
    row = make_platform(course)
    visit("platform", row.pk, data=BY_HAND | {"issuer": "https://evil.example", "client_id": "other"})

    row.refresh_from_db()
    assert (row.name, row.token_url) == ("Moodle", BY_HAND["token_url"])
    assert (row.issuer, row.client_id) == ("https://lms.example.org", "abc")


def test_an_invitation_is_shown_once_and_can_be_withdrawn(visit, course, client):
    answer = visit("invite", data={})

    address = answer.context["invitation"]
    assert (answer.status_code, answer.text.count(address)) == (201, 1)
    assert "no-store" in answer["Cache-Control"]
    assert address not in visit("links").text
    visit("withdraw", PlatformInvitation.objects.get().pk, data={})
    assert client.get(address).status_code == 403


def test_a_disabled_platform_is_refused_until_enabled_again(visit, browser, platform):
    visit("switch", platform.pk, data={})
    assert browser.begin().status_code == 403
    assert "Nobody can open activities from it" in visit("links").text

    visit("switch", platform.pk, data={})
    assert browser.launch().status_code == 302


def test_a_platform_with_accounts_is_not_deleted(visit, browser, platform):
    browser.launch()
    assert visit("delete", platform.pk, data={}).status_code == 404
    Identity.objects.all().delete()
    visit("delete", platform.pk, data={})

    assert not Platform.objects.exists()


def test_a_waiting_deployment_is_approved_and_withdrawn(visit, browser, double):
    double.deployment_id = "2"
    assert browser.launch().status_code == 403
    waiting = Deployment.objects.get(deployment_id="2")
    assert "waits for approval" in visit("links").text
    visit("approve", waiting.pk, data={"every_course": "on"})
    assert browser.launch().status_code == 302

    visit("close", waiting.pk, data={})
    assert browser.launch().status_code == 403


# Courses


@pytest.fixture
def linked_by_hand(visit, browser, platform, course):
    """An LMS course of an approved deployment that an instructor linked after our server refused the first launch."""
    platform.deployments.update(every_course=False)
    assert browser.launch(sub="t1", roles=["Instructor"]).status_code == 403
    row = LmsCourse.objects.get()
    assert "no course yet" in visit("links").text
    visit("link", row.pk, data={"course": course.pk})
    return row


def test_an_lms_course_is_linked_by_hand(linked_by_hand, browser, course):
    assert browser.launch(sub="t1", roles=["Instructor"]).status_code == 302
    assert role_of(course, Identity.objects.get().user) == Role.INSTRUCTOR


def test_unlinking_removes_the_links_roles_and_keeps_submissions(
    linked_by_hand, visit, browser, course, assignment, instructor
):
    browser.launch(sub="t1", roles=["Instructor"])
    browser.launch(sub="s1", exercise=assignment.slug)
    student = Identity.objects.get(sub="s1").user
    graded(student, assignment, 7)
    visit("link", linked_by_hand.pk, data={"course": ""})

    assert role_of(course, Identity.objects.get(sub="t1").user) is None
    assert (role_of(course, student), student.submissions.count()) == (Role.STUDENT, 1)
    assert role_of(course, instructor) == Role.INSTRUCTOR
    assert ResourceLink.objects.get().assignment is None
    assert browser.launch(sub="t1", roles=["Instructor"]).status_code == 403


def test_an_instructor_keeps_access_after_unlinking_a_course(linked_by_hand, browser, course):
    browser.launch(sub="t1", roles=["Instructor"])
    browser.client.post(reverse("lms:link", args=[course.slug, linked_by_hand.pk]), {"course": ""})

    assert browser.client.get(reverse("lms:links", args=[course.slug])).status_code == 200


def test_unlinking_keeps_the_role_of_another_link(linked_by_hand, visit, browser, course):
    other = {"https://purl.imsglobal.org/spec/lti/claim/context": {"id": "another"}}
    browser.launch(sub="t1", roles=["Instructor"])
    browser.launch(sub="t1", roles=["Learner"], **other)
    visit("link", LmsCourse.objects.get(context_id="another").pk, data={"course": course.pk})
    browser.launch(sub="t1", roles=["Learner"], **other)
    user = Identity.objects.get().user
    assert role_of(course, user) == Role.INSTRUCTOR
    visit("link", linked_by_hand.pk, data={"course": ""})

    assert role_of(course, user) == Role.STUDENT


def test_linking_to_another_instructors_course_is_refused(linked_by_hand, visit):
    elsewhere = make_course()

    assert elsewhere.title not in visit("links").text
    assert visit("link", linked_by_hand.pk, data={"course": elsewhere.pk}).status_code == 404
    linked_by_hand.refresh_from_db()
    assert linked_by_hand.course != elsewhere


def test_scores_wait_while_the_course_is_not_linked(linked_by_hand, visit, browser, double, assignment):
    browser.launch(exercise=assignment.slug, line_item=double.add_column())
    graded(Identity.objects.get(sub="s1").user, assignment, 7)
    visit("link", linked_by_hand.pk, data={"course": ""})
    assert passback.due() == []
    assert passback.send(Passback.objects.get().pk) is None
    assert double.scores == []

    visit("link", linked_by_hand.pk, data={"course": assignment.course.pk})
    tasks.publish_due.apply()
    for pk in passback.due():
        passback.send(pk)
    assert double.share("s1") == pytest.approx(0.7)


def test_a_roster_is_read_on_request(visit, browser, platform, double):
    browser.launch(sub="t1", roles=["Instructor"])
    double.members = [{"user_id": "s1", "roles": ["Learner"], "name": "Ada"}]
    visit("roster", LmsCourse.objects.get().pk, data={})
    tasks.sync_rosters.apply()

    assert Identity.objects.filter(sub="s1").exists()
    assert LmsCourse.objects.get().roster_at is not None


# Scores


@pytest.fixture
def column(browser, double, assignment, client, instructor):
    """A column with three scores: one that arrived, one that the platform refused, and one of a user unknown here."""
    url = double.add_column()
    for sub in ("s1", "s9"):
        browser.launch(sub=sub, exercise=assignment.slug, line_item=url)
        graded(Identity.objects.get(sub=sub).user, assignment, 7)
    send_all()
    double.columns[1].grades["stranger"] = StoredGrade(given=50.0)
    client.force_login(instructor)
    return LineItem.objects.get()


def send_all():
    for pk in passback.due():
        passback.send(pk)


def test_each_score_is_shown_with_the_platforms_words(visit, column):
    page = visit("column", column.pk).text

    assert "Incorrect user for this resource" in page
    assert "HTTP 400" in page
    assert "70 of 100" in page
    assert visit("column", column.pk, query={"state": "failed"}).text.count("70 of 100") == 1


def test_all_refused_scores_are_sent_again_at_once(visit, column, double, send_later):
    double.people["s9"] = "student"
    visit("resend-failed", data={})
    send_later()

    assert double.share("s9") == pytest.approx(0.7)
    assert len(double.scores) == 3


@pytest.fixture
def send_later():
    """Let a few seconds pass and send what is due: a platform refuses two scores of one user in the same second."""

    def send_later():
        with time_machine.travel(timezone.now() + timedelta(seconds=5), tick=False):
            send_all()

    return send_later


def test_differences_are_listed_and_only_chosen_ones_are_sent(visit, column, double, send_later):
    double.people["s9"] = "student"
    double.columns[1].grades["s1"].given = 12.0
    visit("compare", column.pk, data={})
    assert "being compared" in visit("column", column.pk).text
    tasks.compare.apply([column.pk])

    page = visit("column", column.pk)
    found = {(one.ours, one.theirs): one for one in page.context["differences"]}
    assert set(found) == {(0.7, 0.12), (0.7, None), (None, 0.5)}
    assert not found[None, 0.5].can_be_sent
    assert double.share("s1") == pytest.approx(0.12)

    visit("resend", column.pk, data={"score": [found[0.7, 0.12].row.pk]})
    send_later()
    assert (double.share("s1"), double.share("s9")) == (pytest.approx(0.7), None)
    assert double.share("stranger") == pytest.approx(0.5)
    assert {(one.ours, one.theirs) for one in visit("column", column.pk).context["differences"]} == {
        (0.7, None),
        (None, 0.5),
    }


@pytest.mark.parametrize("score", ["", "x", "-1", "9" * 30, "999999"])
def test_an_unknown_score_number_sends_nothing(visit, column, score):
    answer = visit("resend", column.pk, data={"score": score})

    assert answer.status_code == 302
    assert not passback.due()


def test_a_score_is_not_sent_under_another_columns_address(visit, column):
    other = LineItem.objects.create(lms_course=column.lms_course, assignment=column.assignment, url="https://x.example")
    visit("resend", other.pk, data={"score": [row.pk for row in Passback.objects.all()]})

    assert not passback.due()


def test_an_unreadable_column_shows_the_error_and_keeps_differences(visit, column, double):
    tasks.compare.apply([column.pk])
    double.down = True
    visit("compare-all", data={})
    tasks.compare.apply([column.pk])

    assert "503" in visit("scores").text
    column.refresh_from_db()
    assert (column.asked_at, len(column.differences)) == (None, 2)


def test_a_comparison_is_repeated_if_its_worker_died(visit, column):
    visit("compare", column.pk, data={})
    assert reconciliation.overdue() == []
    column.refresh_from_db()
    LineItem.objects.update(asked_at=column.asked_at - timedelta(minutes=6))

    assert reconciliation.overdue() == [column.pk]
    assert reconciliation.overdue() == []


def test_a_score_sent_during_reading_is_no_difference(visit, column, monkeypatch):
    """The platform sends its old results, then our row changes, then we compare both."""
    before = list(line_items.read_results(column))
    Passback.objects.filter(identity__sub="s1").update(given=90.0, version=2)

    def read(line_item):
        Passback.objects.filter(identity__sub="s1").update(given=30.0, version=3)
        return iter(before)

    monkeypatch.setattr(line_items, "read_results", read)
    found = {one.who: one for one in reconciliation.reconcile(column)}

    assert all(one.row is None or one.row.identity.sub != "s1" for one in found.values())
    assert Passback.objects.get(identity__sub="s1").state == "sent"


def test_students_unknown_to_the_platform_are_listed(visit, column, assignment):
    graded(make_student(assignment.course, first_name="Grace"), assignment, 7)

    assert "1 student has a grade but the LMS never sent us who they are there: Grace" in " ".join(
        visit("column", column.pk).text.split()
    )


def test_a_teaching_assistant_sees_the_pages_without_forms(visit, column, client, course):
    client.force_login(make_member(course, Role.TA))

    for page in (visit("links"), visit("scores"), visit("column", column.pk)):
        main = page.text.partition("<main")[2]
        assert page.status_code == 200
        assert 'method="post"' not in main
        assert "Tokens for the API" not in main
