"""What a real Moodle does, one section for each fault that it found. The double behaves like Moodle in each."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from server.courses import services as membership
from server.courses.models import Enrollment, Role
from server.gradebook.models import Action
from server.gradebook.services import decide
from server.lti.grades import dismissals, passback, reconciliation
from server.lti.grades.explanations import explain
from server.lti.grades.outbox import NOT_A_STUDENT
from server.lti.members import rosters
from server.lti.models import Identity, LineItem, LmsCourse, Membership, Passback, PassbackState, ResourceLink
from server.lti.platform import claims as c
from tests.support.people import graded, make_assignment, make_member, make_student, make_user

pytestmark = pytest.mark.django_db

START = "2026-03-02 09:00:00+00:00"
FRAMED = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"}
WINDOW = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "cross-site"}


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def moodle(double, browser):
    double.product = "moodle"
    return double


@pytest.fixture
def column(double):
    return double.add_column()


@pytest.fixture
def learner(clock, moodle, browser, assignment, column):
    """A student who launched the activity, which has its own column."""
    browser.launch(exercise=assignment.slug, line_item=column)
    return Identity.objects.get(sub="s1").user


@pytest.fixture
def teacher(assignment):
    return make_member(assignment.course, "instructor")


@pytest.fixture
def visit(client, course, teacher):
    """Get a page of the course's LMS links as an instructor, or post to it if there is data."""
    client.force_login(teacher)

    def visit(name, *args, data=None):
        address = reverse(f"lms:{name}", args=[course.slug, *args])
        return client.get(address) if data is None else client.post(address, data)

    return visit


def run(clock, *, minutes=0):
    clock.shift(timedelta(minutes=minutes) if minutes else timedelta(seconds=2))
    for pk in passback.due():
        passback.send(pk)


def score():
    return Passback.objects.get()


def role_of(sub):
    return Enrollment.objects.get(user__lti_identities__sub=sub).role


def member(sub, role="Learner", **more):
    return {"user_id": sub, "name": f"Person {sub}", "roles": [role], "status": "Active"} | more


# 1. A launch keeps the session of its own person


@pytest.mark.parametrize("headers", [None, FRAMED])
def test_a_second_launch_keeps_older_tabs_working(browser, assignment, headers):
    names = ("lti_sessionid", "lti_csrftoken") if headers else ("sessionid", "csrftoken")
    page = browser.launch(exercise=assignment.slug, headers=headers)["Location"]
    before = {name: browser.client.cookies[name].value for name in names if browser.client.get(page, headers=headers)}
    browser.launch(exercise=assignment.slug, link="link-2", headers=headers)

    assert {name: browser.client.cookies[name].value for name in names} == before


def test_a_launch_in_a_window_keeps_the_session(browser, assignment):
    """The browser sends an ordinary cookie with the page after the platform's form, not with the form."""
    browser.launch(exercise=assignment.slug)
    before = browser.client.cookies["sessionid"].value
    session = browser.client.cookies.pop("sessionid")
    between = browser.launch(exercise=assignment.slug, headers=WINDOW)
    assert urlsplit(between["Location"]).path == reverse("lti:enter")
    browser.client.cookies["sessionid"] = session
    after = browser.client.get(between["Location"])

    assert after["Location"] == assignment.get_absolute_url()
    assert browser.client.cookies["sessionid"].value == before
    assert browser.client.get(between["Location"]).status_code == 400


def test_a_finished_launch_needs_the_browser_that_began_it(browser, assignment, client):
    between = browser.launch(exercise=assignment.slug, headers=WINDOW)

    assert client.get(between["Location"]).status_code == 400
    assert "sessionid" not in client.cookies


def test_a_launch_of_another_person_ends_the_session(browser, assignment):
    browser.launch(exercise=assignment.slug)
    before = browser.client.cookies["sessionid"].value
    browser.launch(sub="s2", exercise=assignment.slug)

    assert browser.client.cookies["sessionid"].value != before
    assert browser.client.get(reverse("session")).json()["user"] == Identity.objects.get(sub="s2").user_id


# 2. A teacher who looks at the course as a student


def test_a_switched_role_changes_the_view_and_not_the_role(moodle, browser, assignment):
    browser.launch(sub="t1", roles=["Instructor"], exercise=assignment.slug)
    address = browser.launch(sub="t1", roles=["Learner"], exercise=assignment.slug)["Location"]
    page = browser.client.get(address)

    assert role_of("t1") == Role.INSTRUCTOR
    assert not page.context["user"].has_perm("courses.teach", assignment.course)
    assert "You see this page as a student" in page.text
    # The tab from before is still a teacher's.
    overview = browser.client.get(reverse("dashboard:overview", args=[assignment.course.slug]))
    assert overview.status_code == 200
    assert browser.client.get(urlsplit(address).path).context["user"].has_perm("courses.teach", assignment.course)


def test_the_first_launch_of_a_rosters_teacher_can_be_switched(moodle, browser, assignment):
    browser.launch(sub="t1", roles=["Instructor"])
    moodle.members = [member("t1", "Instructor"), member("t2", "Instructor")]
    rosters.sync(LmsCourse.objects.get())
    browser.launch(sub="t2", roles=["Learner"], exercise=assignment.slug)

    assert role_of("t2") == Role.INSTRUCTOR


def test_a_part_of_a_students_view_is_a_students(moodle, browser, assignment):
    browser.launch(sub="t1", roles=["Instructor"], exercise=assignment.slug)
    address = browser.launch(sub="t1", roles=["Learner"], exercise=assignment.slug)["Location"]
    part = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{address}"}
    page = browser.client.get(assignment.get_absolute_url(), headers=part)

    assert not page.context["user"].has_perm("courses.teach", assignment.course)


def test_a_students_view_gives_nobody_a_role(client, assignment):
    client.force_login(make_user())

    assert client.get(f"{assignment.get_absolute_url()}?view=student").status_code == 404


def test_a_roster_that_names_a_teacher_keeps_the_role(clock, moodle, browser):
    browser.launch(sub="t1", roles=["Instructor"])
    moodle.members = [member("t1", "Instructor")]
    rosters.sync(LmsCourse.objects.get())
    for _ in range(3):
        browser.launch(sub="t1", roles=["Learner"])
        clock.shift(timedelta(days=1))

    assert role_of("t1") == Role.INSTRUCTOR


def test_a_teacher_whom_the_roster_lowers_loses_the_role(moodle, browser):
    browser.launch(sub="t1", roles=["Instructor"])
    for role in ("Instructor", "Learner"):
        moodle.members = [member("t1", role), member("s1")]
        rosters.sync(LmsCourse.objects.get())

    assert role_of("t1") == Role.STUDENT


# 3. Non-editing teachers: instructors at launch, learners in the roster


def test_a_non_editing_teacher_is_an_assistant(moodle, browser):
    moodle.members = [member("t1", "Instructor"), member("a1", "Learner")]
    for sub in ("t1", "a1", "t1", "a1"):
        browser.launch(sub=sub, roles=["Instructor"])

    assert (role_of("t1"), role_of("a1")) == (Role.INSTRUCTOR, Role.TA)


def test_an_unreadable_roster_is_asked_once_in_ten_minutes(moodle, browser):
    moodle.granted.remove(c.ROSTER)
    for _ in range(3):
        assert browser.launch(sub="a1", roles=["Instructor"]).status_code == 302

    assert role_of("a1") == Role.INSTRUCTOR
    assert [path for _, path, *_ in moodle.requests].count("/token") == 1
    moodle.granted.append(c.ROSTER)
    moodle.members = [member("a1", "Learner"), member("t1", "Instructor")]
    rosters.sync(LmsCourse.objects.get())
    assert role_of("a1") == Role.TA


def test_an_instructors_decision_on_the_role_wins(moodle, browser, assignment, teacher):
    moodle.members = [member("t1", "Instructor"), member("a1", "Learner")]
    browser.launch(sub="a1", roles=["Instructor"])
    membership.change_role(assignment.course, Identity.objects.get().user, Role.INSTRUCTOR, by=teacher)
    browser.launch(sub="a1", roles=["Instructor"])
    rosters.sync(LmsCourse.objects.get())

    assert role_of("a1") == Role.INSTRUCTOR


# 4. A new column of an exercise that is graded already


def test_a_new_column_gets_everybodys_grades_at_once(learner, clock, browser, assignment, moodle):
    browser.launch(sub="s2", exercise=assignment.slug, line_item=moodle.address(1))
    for sub in ("s1", "s2"):
        graded(Identity.objects.get(sub=sub).user, assignment, 7)
    browser.launch(sub="s1", exercise=assignment.slug, link="link-2", line_item=moodle.add_column())
    run(clock)

    assert [moodle.share(sub, 2) for sub in ("s1", "s2")] == [pytest.approx(0.7)] * 2


# 6. A grade that was overridden in Moodle


def test_an_overridden_grade_is_shown_beside_the_sent_one(learner, clock, assignment, moodle, visit):
    graded(learner, assignment, 7)
    moodle.columns[1].overridden["s1"] = 12.0
    run(clock)

    assert score().state == PassbackState.DIFFERS
    assert (score().sent_given, score().kept_given, score().kept_most) == (70, 12, 100)
    page = visit("column", LineItem.objects.get().pk).text
    assert "12 of 100" in page
    assert "that change wins" in page

    passback.resend([score()])
    run(clock)
    assert (score().state, moodle.share("s1")) == (PassbackState.DIFFERS, pytest.approx(0.12))
    del moodle.columns[1].overridden["s1"]
    passback.resend([score()])
    run(clock)
    assert (score().state, score().kept_given) == (PassbackState.SENT, 70)


def test_no_page_promises_to_overwrite_a_grade(learner, clock, assignment, moodle, visit):
    graded(learner, assignment, 7)
    run(clock)
    moodle.columns[1].overridden["s1"] = 12.0
    reconciliation.compare(LineItem.objects.get().pk)

    page = visit("column", LineItem.objects.get().pk).text
    assert "overwrite" not in page
    assert "Moodle keeps an overridden grade" in page
    assert score().kept_given == 12


def test_points_above_the_maximum_are_sent(learner, clock, assignment, moodle):
    Passback.objects.create(
        line_item=LineItem.objects.get(), identity=Identity.objects.get(), given=110, most=100, due_at=timezone.now()
    )
    run(clock)

    assert (moodle.scores[0]["scoreGiven"], score().kept_given, score().state) == (110, 100, PassbackState.SENT)


def test_an_unreadable_result_does_not_fail_the_score(learner, clock, assignment, moodle):
    moodle.granted.remove(c.RESULT)
    graded(learner, assignment, 7)
    run(clock)

    assert (score().state, score().kept_at) == (PassbackState.SENT, None)


# 7. Students who left


def test_no_score_is_sent_for_somebody_who_left(learner, clock, browser, assignment, moodle):
    moodle.members = [member("t1", "Instructor")]
    rosters.sync(LmsCourse.objects.get())
    graded(learner, assignment, 7)
    run(clock)
    assert (moodle.scores, Passback.objects.count()) == ([], 0)

    moodle.members.append(member("s1"))
    rosters.sync(LmsCourse.objects.get())
    run(clock)
    assert moodle.share("s1") == pytest.approx(0.7)


def test_a_refused_person_makes_us_read_the_roster(learner, clock, assignment, moodle):
    moodle.members = [member("t1", "Instructor"), member("s1")]
    rosters.sync(LmsCourse.objects.get())
    del moodle.people["s1"]
    moodle.members.pop()
    graded(learner, assignment, 7)
    run(clock)
    assert score().state == PassbackState.FAILED
    assert LmsCourse.objects.get().roster_at is None

    rosters.sync_due()
    assert (score().state, score().words) == (PassbackState.WITHHELD, NOT_A_STUDENT)


def test_a_waiting_score_of_somebody_who_left_is_withheld(learner, clock, assignment, moodle):
    moodle.down = True
    graded(learner, assignment, 7)
    run(clock)
    moodle.down = False
    moodle.members = [member("t1", "Instructor")]
    rosters.sync(LmsCourse.objects.get())

    assert score().state == PassbackState.WITHHELD
    moodle.members.append(member("s1"))
    rosters.sync(LmsCourse.objects.get())
    run(clock)
    assert (score().state, moodle.share("s1")) == (PassbackState.SENT, pytest.approx(0.7))


def test_refusals_are_words_with_the_answer_behind_them(learner, clock, assignment, moodle, visit):
    del moodle.people["s1"]
    graded(learner, assignment, 7)
    run(clock)
    page = visit("column", LineItem.objects.get().pk).text

    assert "The LMS does not have this person as a student of the course." in page
    assert "What the LMS answered" in page


# 8. New names


@pytest.mark.parametrize("way", ["launch", "roster"])
def test_a_new_name_arrives(learner, browser, moodle, way):
    if way == "launch":
        browser.launch(name="Ada King")
    else:
        moodle.members = [member("s1", name="Ada King")]
        rosters.sync(LmsCourse.objects.get())

    learner.refresh_from_db()
    assert learner.display_name == "Ada King"


def test_a_name_that_the_person_chose_stays(learner, browser):
    type(learner).objects.filter(pk=learner.pk).update(first_name="Countess", last_name="Ada")
    browser.launch(name="Ada King")

    learner.refresh_from_db()
    assert learner.display_name == "Countess Ada"


def test_a_name_from_before_the_upgrade_arrives(learner, browser):
    Identity.objects.update(copied_name="", name="Ada King")
    browser.launch(name="Ada King")

    learner.refresh_from_db()
    assert learner.display_name == "Ada King"


def test_a_rosters_own_name_of_a_student_stays(browser, assignment):
    waiting = make_student(assignment.course, external_id="s1", password=None, first_name="A.", last_name="Lovelace")
    for name in ("Ada Lovelace", "Ada King"):
        browser.launch(name=name)

    waiting.refresh_from_db()
    assert waiting.display_name == "A. Lovelace"


# 9. Scores that wait


@pytest.mark.parametrize("page", ["send-now", "send-all-now"])
def test_a_waiting_score_is_sent_now(learner, clock, assignment, moodle, visit, page):
    moodle.down = True
    graded(learner, assignment, 7)
    run(clock)
    run(clock, minutes=60)
    moodle.down = False
    stamped, pk = score().stamped_at, LineItem.objects.get().pk
    assert "Send now" in visit("column", pk).text
    assert score().due_at > timezone.now()
    visit(page, *([pk] if page == "send-now" else []), data={"score": score().pk})
    for one in passback.due():
        passback.send(one)

    assert (score().state, score().stamped_at) == (PassbackState.SENT, stamped)


def test_all_refused_scores_of_a_column_are_sent_again(learner, clock, assignment, moodle, visit):
    del moodle.people["s1"]
    graded(learner, assignment, 7)
    run(clock)
    moodle.people["s1"] = "student"
    visit("resend", LineItem.objects.get().pk, data={"all": "1"})
    run(clock)

    assert moodle.share("s1") == pytest.approx(0.7)


# 10. Deleted activities


@pytest.fixture
def deleted(learner, clock, assignment, moodle):
    """A column with a score, whose activity was deleted in Moodle afterwards."""
    graded(learner, assignment, 7)
    run(clock)
    del moodle.columns[1]
    graded(learner, assignment, 8)
    run(clock)
    return LineItem.objects.get()


def test_the_column_of_a_deleted_activity_can_be_dismissed(deleted, clock, learner, assignment, moodle, visit):
    assert "The column does not exist in the LMS any more." in visit("column", deleted.pk).text
    assert "deleted in the LMS" in visit("scores").text
    visit("dismiss", deleted.pk, data={})
    asked = len(moodle.requests)
    graded(learner, assignment, 9)
    run(clock)

    page = visit("scores")
    assert (list(page.context["columns"]), page.context["dismissed"]) == ([], [deleted])
    assert len(moodle.requests) == asked
    visit("restore", deleted.pk, data={})
    assert list(visit("scores").context["columns"]) == [deleted]


def test_an_activity_that_was_added_again_gets_the_grades(deleted, clock, browser, assignment, moodle, teacher):
    dismissals.dismiss(deleted, by=teacher)
    browser.launch(exercise=assignment.slug, link="link-2", line_item=moodle.add_column())
    run(clock)

    assert moodle.share("s1", 2) == pytest.approx(0.8)


def test_a_dismissed_column_that_is_opened_comes_back(deleted, clock, browser, assignment, moodle, teacher):
    dismissals.dismiss(deleted, by=teacher)
    column = moodle.add_column()
    LineItem.objects.update(url=column)
    browser.launch(exercise=assignment.slug, line_item=column)
    deleted.refresh_from_db()

    assert (deleted.dismissed_at, deleted.missing_at) == (None, None)


# 11. The page on which exercises are picked


@pytest.fixture
def pick(browser, double):
    def pick(**settings):
        settings = {"deep_link_return_url": f"{double.url}/back", "accept_multiple": True} | settings
        more = {c.MESSAGE_TYPE: c.DEEP_LINK_MESSAGE, c.DL_SETTINGS: settings, c.RESOURCE_LINK: None}
        return browser.client.get(browser.launch(roles=["Instructor"], sub="t1", **more)["Location"])

    return pick


def test_the_picker_shows_units_points_dates_and_what_is_there(pick, browser, assignment, double):
    due = timezone.now() + timedelta(days=3)
    other = make_assignment(assignment.course, slug="tensors/cube", points=40, due_at=due)
    third = make_assignment(assignment.course, slug="tensors/root")
    browser.launch(exercise=assignment.slug)  # it has no column: its activity was deleted
    double.add_column(resource=f"chainrule-{other.pk}", tag="chainrule")
    page = pick()
    units = page.context["form"].units

    assert [unit.title for unit in units] == ["Gradients", "Tensors"]
    there = {one.assignment.pk: one.is_there for unit in units for one in unit.choices}
    assert there == {assignment.pk: False, other.pk: True, third.pk: False}
    text = " ".join(page.text.split())
    assert "40 points, due" in text
    assert text.count("in the course already") == 1
    assert "Pick exercises" in text


def test_the_picker_speaks_of_one_exercise_if_one_is_allowed(pick, assignment):
    assert "Pick an exercise" in pick(accept_multiple=False).text


def test_a_silent_platform_does_not_stop_the_picker(pick, browser, assignment, double):
    browser.launch(exercise=assignment.slug)
    double.granted.remove(c.LINE_ITEM)
    (unit,) = pick().context["form"].units

    assert unit.choices[0].is_there


# 12. "Open in a new window", twice


@pytest.fixture
def lost(browser, assignment):
    """The address of the link that a frame without cookies shows."""
    started = browser.client.post(
        "/lti/login",
        {"iss": browser.double.issuer, "login_hint": "7", "client_id": browser.double.client_id},
        headers=FRAMED,
    )
    browser.client.cookies.clear()
    page = browser.client.get(started["Location"], headers=FRAMED).text
    return page.partition('href="/lti/window')[2].partition('"')[0]


def test_a_second_click_leads_to_the_page_of_the_first(lost, browser, assignment):
    sent = browser.redirected_params(browser.client.get(f"/lti/window{lost}"))
    token = browser.double.signed(browser.double.claims(nonce=sent["nonce"], exercise=assignment.slug))
    browser.answer(token, sent["state"])
    again = browser.client.get(f"/lti/window{lost}")

    assert again["Location"] == assignment.get_absolute_url()


def test_a_second_click_that_the_platform_refuses_leads_there_too(lost, browser, assignment):
    first, second = (browser.redirected_params(browser.client.get(f"/lti/window{lost}")) for _ in range(2))
    token = browser.double.signed(browser.double.claims(nonce=first["nonce"], exercise=assignment.slug))
    browser.answer(token, first["state"])

    assert browser.answer_error("invalid_request", second["state"])["Location"] == assignment.get_absolute_url()


def test_a_second_click_opens_nothing_for_somebody_else(lost, browser, assignment, client):
    sent = browser.redirected_params(browser.client.get(f"/lti/window{lost}"))
    browser.answer(browser.double.signed(browser.double.claims(nonce=sent["nonce"])), sent["state"])
    client.force_login(make_user())

    assert "used before" in client.get(f"/lti/window{lost}").text


# 13. A missing scope


def test_a_missing_scope_is_refused_for_good_and_explained(clock, moodle, browser, assignment, column, visit):
    moodle.granted.remove(c.SCORE)
    browser.launch(exercise=assignment.slug, line_item=column)
    graded(Identity.objects.get().user, assignment, 7)
    run(clock)
    assert score().state == PassbackState.FAILED
    assert "has not allowed Chainrule" in visit("column", LineItem.objects.get().pk).text

    moodle.granted.append(c.SCORE)
    browser.launch(exercise=assignment.slug, line_item=column)
    run(clock)
    assert moodle.share("s1") == pytest.approx(0.7)


@pytest.mark.parametrize("cached", [True, False])
def test_a_scope_that_was_taken_away_is_refused_for_good(learner, clock, assignment, moodle, cached):
    graded(learner, assignment, 6)
    run(clock)
    moodle.granted.remove(c.SCORE)
    if cached:
        moodle.tokens = {token: [c.RESULT] for token in moodle.tokens}
    else:
        moodle.tokens.clear()
    graded(learner, assignment, 7)
    run(clock)

    assert score().state == PassbackState.FAILED
    assert explain(score().words).problem == "scope"


# 14. A platform that is switched off


def test_a_platform_that_is_switched_off_says_so(browser, platform):
    type(platform).objects.update(enabled=False)

    assert "switched off here" in browser.begin().text


# In a frame


def test_a_frame_has_a_way_to_teaching_pages(browser, assignment, client):
    address = browser.launch(sub="t1", roles=["Instructor"], exercise=assignment.slug, headers=FRAMED)["Location"]
    page = browser.client.get(address, headers=FRAMED)
    assert "Sign out" not in page.text
    assert 'class="topbar"' not in page.text

    way = page.text.partition('name="pass" value="')[2].partition('"')[0]
    assert client.post("/lti/teach", {"pass": way}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 400
    assert client.post("/lti/teach", {"pass": f"{way}x"}, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 400
    answer = client.post("/lti/teach", {"pass": way}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer["Location"] == reverse("dashboard:overview", args=[assignment.course.slug])
    assert client.get(answer["Location"]).status_code == 200


def test_a_pass_ends_with_the_role_and_the_sessions(browser, assignment, client):
    address = browser.launch(sub="t1", roles=["Instructor"], exercise=assignment.slug, headers=FRAMED)["Location"]
    way = browser.client.get(address, headers=FRAMED).text.partition('name="pass" value="')[2].partition('"')[0]
    Enrollment.objects.update(role=Role.STUDENT)

    assert client.post("/lti/teach", {"pass": way}, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 400


def test_a_student_gets_no_way_to_teaching_pages(browser, assignment):
    address = browser.launch(exercise=assignment.slug, headers=FRAMED)["Location"]

    assert "Teaching pages" not in browser.client.get(address, headers=FRAMED).text


# Words


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ('400 Bad Request {"status": 400, "reason": "Incorrect user for this resource"}', "this person as a student"),
        ("404 Not Found: Grade item 3 doesn't exist.", "The column does not exist"),
        ("404 Not Found: Course 3 doesn't exist.", "The course does not exist"),
        ("403 Line item does not exist.", "The column does not exist"),
        ("401 This resource does not support POST requests.", "has not allowed"),
        ("No access token: 400 Bad Request invalid_client", "did not recognize us"),
        ("503 Down for maintenance", "is down"),
        ("429 Too Many Requests", "too many requests"),
        ("TimeoutError: timed out", "did not answer in time"),
        ("ConnectionRefusedError: [Errno 111] Connection refused", "could not connect"),
        ("gaierror: [Errno -2] Name or service not known", "could not connect"),
        ("lms.local is a private address. Enter one", "because it is private"),
        ("422 User not found in course or is not a student", "this person as a student"),
        ("418 I'm a teapot", "refused this"),
    ],
)
def test_each_answer_of_a_platform_has_a_sentence(raw, sentence):
    meaning = explain(raw)

    assert sentence in meaning.sentence
    assert (meaning.raw, bool(meaning.advice)) == (raw, True)
    assert "gave up after 10 tries" in explain(f"Given up after 10 tries. {raw}").sentence


def test_a_grade_that_is_held_back_here_is_counted(learner, clock, assignment, teacher, visit):
    graded(learner, assignment, 7)
    run(clock)
    decide(assignment, learner, action=Action.EXEMPTED, by=teacher, why="Ill", exempt=True)

    assert visit("scores").context["withheld"] == 1
    assert (Membership.objects.count(), ResourceLink.objects.count()) == (1, 1)
