"""The instructor's pages: platforms registered and switched, courses linked and unlinked, scores looked after."""

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
def ask(client, course, instructor):
    """Get a page of the course's LMS links; if there is data, post it."""
    client.force_login(instructor)

    def ask(name, *args, data=None, query=None):
        address = reverse(f"lms:{name}", args=[course.slug, *args], query=query)
        return client.get(address) if data is None else client.post(address, data)

    return ask


def role_of(course, user):
    return Enrollment.objects.filter(course=course, user=user).values_list("role", flat=True).first()


# Platforms


@pytest.mark.parametrize("deployment", ["", "1"])
def test_a_platform_is_registered_by_hand(ask, course, deployment):
    answer = ask("new", data=BY_HAND | {"deployment_id": deployment, "frames": "https://a.example/x https://a.example"})

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
def test_what_cannot_be_a_platform_is_refused(ask, wrong, settings):
    settings.LTI_ALLOW_PRIVATE = False

    assert ask("new", data=BY_HAND | wrong).status_code == 422
    assert not Platform.objects.exists()


def test_a_platform_that_another_course_has_is_said_to_be_registered(ask):
    make_platform(make_course(), issuer=BY_HAND["issuer"])

    answer = ask("new", data=BY_HAND)
    assert answer.status_code == 422
    assert "registered already" in answer.text


def test_addresses_are_mended_and_who_the_platform_is_stays(ask, course):
    row = make_platform(course)
    ask("platform", row.pk, data=BY_HAND | {"issuer": "https://evil.example", "client_id": "other"})

    row.refresh_from_db()
    assert (row.name, row.token_url) == ("Moodle", BY_HAND["token_url"])
    assert (row.issuer, row.client_id) == ("https://lms.example.org", "abc")


def test_an_invitation_is_shown_once_and_can_be_withdrawn(ask, course, client):
    answer = ask("invite", data={})

    address = answer.context["invitation"]
    assert (answer.status_code, answer.text.count(address)) == (201, 1)
    assert "no-store" in answer["Cache-Control"]
    assert address not in ask("links").text
    ask("withdraw", PlatformInvitation.objects.get().pk, data={})
    assert client.get(address).status_code == 403


def test_a_platform_that_is_switched_off_lets_nobody_in_until_it_is_on_again(ask, browser, platform):
    ask("switch", platform.pk, data={})
    assert browser.begin().status_code == 403
    assert "Nobody can open activities from it" in ask("links").text

    ask("switch", platform.pk, data={})
    assert browser.launch().status_code == 302


def test_a_platform_that_somebody_came_by_is_not_deleted(ask, browser, platform):
    browser.launch()
    assert ask("delete", platform.pk, data={}).status_code == 404
    Identity.objects.all().delete()
    ask("delete", platform.pk, data={})

    assert not Platform.objects.exists()


def test_a_deployment_that_waits_is_approved_and_withdrawn(ask, browser, double):
    double.deployment_id = "2"
    assert browser.launch().status_code == 403
    waiting = Deployment.objects.get(deployment_id="2")
    assert "waits for approval" in ask("links").text
    ask("approve", waiting.pk, data={"every_course": "on"})
    assert browser.launch().status_code == 302

    ask("close", waiting.pk, data={})
    assert browser.launch().status_code == 403


# Courses


@pytest.fixture
def linked_by_hand(ask, browser, platform, course):
    """An LMS course of an approved deployment that an instructor linked after the first launch was refused."""
    platform.deployments.update(every_course=False)
    assert browser.launch(sub="t1", roles=["Instructor"]).status_code == 403
    row = LmsCourse.objects.get()
    assert "no course yet" in ask("links").text
    ask("link", row.pk, data={"course": course.pk})
    return row


def test_an_lms_course_is_linked_by_hand(linked_by_hand, browser, course):
    assert browser.launch(sub="t1", roles=["Instructor"]).status_code == 302
    assert role_of(course, Identity.objects.get().user) == Role.INSTRUCTOR


def test_unlinking_takes_the_roles_that_the_link_gave_and_nobodys_work(
    linked_by_hand, ask, browser, course, assignment, instructor
):
    browser.launch(sub="t1", roles=["Instructor"])
    browser.launch(sub="s1", exercise=assignment.slug)
    student = Identity.objects.get(sub="s1").user
    graded(student, assignment, 7)
    ask("link", linked_by_hand.pk, data={"course": ""})

    assert role_of(course, Identity.objects.get(sub="t1").user) is None
    assert (role_of(course, student), student.submissions.count()) == (Role.STUDENT, 1)
    assert role_of(course, instructor) == Role.INSTRUCTOR
    assert ResourceLink.objects.get().assignment is None
    assert browser.launch(sub="t1", roles=["Instructor"]).status_code == 403


def test_who_unlinks_a_course_does_not_lock_themselves_out(linked_by_hand, browser, course):
    browser.launch(sub="t1", roles=["Instructor"])
    me = browser.client
    me.post(reverse("lms:link", args=[course.slug, linked_by_hand.pk]), {"course": ""})

    assert me.get(reverse("lms:links", args=[course.slug])).status_code == 200


def test_another_link_keeps_the_role_that_it_gives(linked_by_hand, ask, browser, course):
    other = {"https://purl.imsglobal.org/spec/lti/claim/context": {"id": "another"}}
    browser.launch(sub="t1", roles=["Instructor"])
    browser.launch(sub="t1", roles=["Learner"], **other)
    ask("link", LmsCourse.objects.get(context_id="another").pk, data={"course": course.pk})
    browser.launch(sub="t1", roles=["Learner"], **other)
    user = Identity.objects.get().user
    assert role_of(course, user) == Role.INSTRUCTOR
    ask("link", linked_by_hand.pk, data={"course": ""})

    assert role_of(course, user) == Role.STUDENT


def test_an_lms_course_is_linked_only_to_a_course_that_one_answers_for(linked_by_hand, ask):
    elsewhere = make_course()

    assert elsewhere.title not in ask("links").text
    assert ask("link", linked_by_hand.pk, data={"course": elsewhere.pk}).status_code == 404
    linked_by_hand.refresh_from_db()
    assert linked_by_hand.course != elsewhere


def test_scores_on_their_way_wait_while_the_course_is_not_linked(linked_by_hand, ask, browser, double, assignment):
    browser.launch(exercise=assignment.slug, line_item=double.add_column())
    graded(Identity.objects.get(sub="s1").user, assignment, 7)
    ask("link", linked_by_hand.pk, data={"course": ""})
    assert passback.due() == []
    assert passback.send(Passback.objects.get().pk) is None
    assert double.scores == []

    ask("link", linked_by_hand.pk, data={"course": assignment.course.pk})
    tasks.publish_due.apply()
    for pk in passback.due():
        passback.send(pk)
    assert double.share("s1") == pytest.approx(0.7)


def test_a_roster_is_read_when_somebody_asks(ask, browser, platform, double):
    browser.launch(sub="t1", roles=["Instructor"])
    double.members = [{"user_id": "s1", "roles": ["Learner"], "name": "Ada"}]
    ask("roster", LmsCourse.objects.get().pk, data={})
    tasks.sync_rosters.apply()

    assert Identity.objects.filter(sub="s1").exists()
    assert LmsCourse.objects.get().roster_at is not None


# Scores


@pytest.fixture
def column(browser, double, assignment, client, instructor):
    """A column with three scores: one that arrived, one that the platform refused, and one that stands for nobody."""
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


def test_each_score_is_shown_with_the_platforms_words(ask, column):
    page = ask("column", column.pk).text

    assert "Incorrect user for this resource" in page
    assert "HTTP 400" in page
    assert "70 of 100" in page
    assert ask("column", column.pk, query={"state": "failed"}).text.count("70 of 100") == 1


def test_all_that_were_refused_are_sent_again_at_once(ask, column, double, later):
    double.people["s9"] = "student"
    ask("resend-failed", data={})
    later()

    assert double.share("s9") == pytest.approx(0.7)
    assert len(double.scores) == 3


@pytest.fixture
def later():
    """Let a few seconds pass, and have what is due sent: two scores in one second are one too many."""

    def later():
        with time_machine.travel(timezone.now() + timedelta(seconds=5), tick=False):
            send_all()

    return later


def test_what_differs_is_listed_and_only_what_is_picked_is_sent(ask, column, double, later):
    double.people["s9"] = "student"
    double.columns[1].grades["s1"].given = 12.0
    ask("compare", column.pk, data={})
    assert "being compared" in ask("column", column.pk).text
    tasks.compare.apply([column.pk])

    page = ask("column", column.pk)
    found = {(one.ours, one.theirs): one for one in page.context["differences"]}
    assert set(found) == {(0.7, 0.12), (0.7, None), (None, 0.5)}
    assert not found[None, 0.5].can_be_sent
    assert double.share("s1") == pytest.approx(0.12)

    ask("resend", column.pk, data={"score": [found[0.7, 0.12].row.pk]})
    later()
    assert (double.share("s1"), double.share("s9")) == (pytest.approx(0.7), None)
    assert double.share("stranger") == pytest.approx(0.5)
    assert {(one.ours, one.theirs) for one in ask("column", column.pk).context["differences"]} == {
        (0.7, None),
        (None, 0.5),
    }


@pytest.mark.parametrize("score", ["", "x", "-1", "9" * 30, "999999"])
def test_picking_nothing_that_is_there_sends_nothing(ask, column, score):
    answer = ask("resend", column.pk, data={"score": score})

    assert answer.status_code == 302
    assert not passback.due()


def test_a_score_of_another_column_is_not_sent_under_this_ones_address(ask, column):
    other = LineItem.objects.create(lms_course=column.lms_course, assignment=column.assignment, url="https://x.example")
    ask("resend", other.pk, data={"score": [row.pk for row in Passback.objects.all()]})

    assert not passback.due()


def test_a_column_that_cannot_be_read_says_so_and_keeps_what_was_found(ask, column, double):
    tasks.compare.apply([column.pk])
    double.down = True
    ask("compare-all", data={})
    tasks.compare.apply([column.pk])

    assert "503" in ask("scores").text
    column.refresh_from_db()
    assert (column.asked_at, len(column.differences)) == (None, 2)


def test_a_comparison_whose_worker_died_is_made_all_the_same(ask, column):
    ask("compare", column.pk, data={})
    assert reconciliation.overdue() == []
    column.refresh_from_db()
    LineItem.objects.update(asked_at=column.asked_at - timedelta(minutes=6))

    assert reconciliation.overdue() == [column.pk]
    assert reconciliation.overdue() == []


def test_a_score_that_was_sent_while_the_column_was_read_is_no_difference(ask, column, monkeypatch):
    """The platform answers with what it had before; a score arrives; then we look at our rows."""
    before = list(line_items.read_results(column))
    Passback.objects.filter(identity__sub="s1").update(given=90.0, version=2)

    def read(line_item):
        Passback.objects.filter(identity__sub="s1").update(given=30.0, version=3)
        return iter(before)

    monkeypatch.setattr(line_items, "read_results", read)
    found = {one.who: one for one in reconciliation.reconcile(column)}

    assert all(one.row is None or one.row.identity.sub != "s1" for one in found.values())
    assert Passback.objects.get(identity__sub="s1").state == "sent"


def test_students_whom_the_platform_never_named_are_listed(ask, column, assignment):
    graded(make_student(assignment.course, first_name="Grace"), assignment, 7)

    assert "1 student has a grade but the LMS never sent us who they are there: Grace" in " ".join(
        ask("column", column.pk).text.split()
    )


def test_a_teaching_assistant_sees_and_is_offered_nothing_to_press(ask, column, client, course):
    client.force_login(make_member(course, Role.TA))

    for page in (ask("links"), ask("scores"), ask("column", column.pk)):
        main = page.text.partition("<main")[2]
        assert page.status_code == 200
        assert 'method="post"' not in main
        assert "Tokens for the API" not in main
