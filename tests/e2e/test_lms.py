"""From an LMS to an exercise and back, in a real browser: frames on another site, cookies kept or blocked, grades."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from deploy.dev.browser import ARGUMENTS, chromium_program
from tests.support.campus import Campus

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLUG = "tracking/leaf-tensors"  # the first of the course
TITLE = "A leaf that is tracked"
TEACH = "/courses/autograd-demo/teach/"
LMS = f"{TEACH}integrations/lms/"
# Chromium's preferences, in the format of its settings page.
ALLOWED = {"profile": {"cookie_controls_mode": 0}}
THIRD_PARTY_BLOCKED = {"profile": {"cookie_controls_mode": 1}}


def no_cookies_in_frames(campus):
    """Preferences that block all our cookies in frames of the platform, also partitioned ones."""
    rule = {f"{campus.tool},{campus.site}": {"setting": 2}}
    return {"profile": {"content_settings": {"exceptions": {"cookies": rule}}}}


@pytest.fixture(scope="module")
def campus(idle):
    campus = Campus(idle.url)
    campus.people = {"s1": "student", "t1": "teacher"}
    campus.add_column()
    campus.register(idle)
    yield campus
    campus.close()


@pytest.fixture
def browse(playwright, tmp_path):
    """Open a browser with these preferences. If a page or its console has an error, the test fails at the end."""
    errors, contexts = [], []

    def browse(preferences=ALLOWED):
        profile = tmp_path / "profile"
        (profile / "Default").mkdir(parents=True)
        (profile / "Default" / "Preferences").write_text(json.dumps(preferences))
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=chromium_program(), args=ARGUMENTS
        )
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on("console", lambda message: message.type == "error" and errors.append(message.text))
        contexts.append(context)
        return context.pages[0]

    yield browse
    for context in contexts:
        context.close()
    assert errors == []


def framed(page):
    return page.frame_locator("iframe")


@pytest.mark.parametrize(
    ("preferences", "probe"), [(ALLOWED, "kept"), (THIRD_PARTY_BLOCKED, "lost")], ids=["allowed", "blocked"]
)
def test_an_exercise_works_in_a_frame_of_another_site(campus, browse, preferences, probe):
    page = browse(preferences)
    page.goto(campus.probe)
    expect(framed(page).get_by_text(probe)).to_be_visible()

    page.goto(campus.launch(sub=f"s-{probe}", exercise=SLUG))
    framed(page).locator(".cm-content").wait_for()
    framed(page).get_by_role("button", name="Submit").click()
    framed(page).get_by_text("Waiting for a grader").wait_for()
    page.reload()
    framed(page).get_by_text("1 attempt used,").wait_for()

    ours = {one["name"]: one for one in page.context.cookies(campus.tool) if one["name"] != "probe"}
    assert set(ours) == {"lti_sessionid", "lti_csrftoken"}
    assert all(one["secure"] and one["partitionKey"] == "http://localhost" for one in ours.values())


def test_a_browser_without_cookies_in_frames_gets_a_window(campus, browse):
    page = browse(no_cookies_in_frames(campus))
    page.goto(campus.launch(exercise=SLUG))
    with page.expect_popup() as opened:
        framed(page).get_by_role("link", name="Open in a new window").click()

    opened.value.locator(".cm-content").wait_for()
    assert opened.value.url.startswith(campus.tool)
    with page.expect_popup() as opened_again:
        framed(page).get_by_role("link", name="Open in a new window").click()
    opened_again.value.locator(".cm-content").wait_for()
    assert opened_again.value.url == opened.value.url


def test_only_the_platform_can_show_pages_in_a_frame(campus, browse):
    page = browse()
    page.goto(campus.launch(exercise=SLUG))
    framed(page).locator(".cm-content").wait_for()
    address = page.frames[1].url

    page.route("http://localhost:1/", lambda route: route.fulfill(body=f"<iframe src='{address}'></iframe>"))
    page.goto("http://localhost:1/")

    assert page.frames[1].url == "chrome-error://chromewebdata/"


def test_an_instructor_picks_exercises_in_a_frame(campus, browse):
    page = browse(THIRD_PARTY_BLOCKED)
    page.goto(campus.launch("t1", "Instructor", pick=True))
    framed(page).get_by_label("Search for an exercise").fill("leaf tracked")
    expect(framed(page).get_by_role("checkbox")).to_have_count(1)
    framed(page).get_by_label(TITLE).check()
    framed(page).get_by_role("button", name="Add the picked exercises").click()

    framed(page).get_by_text("1 added").wait_for()
    (picked,) = campus.picked
    assert (picked["title"], picked["custom"]) == (TITLE, {"exercise": SLUG})


def test_grades_reach_the_platform_and_can_be_sent_again(campus, idle, browse):
    page = browse()
    both_launch(page, campus)
    override(page, idle, points=55)
    page.goto(f"{idle.url}{LMS}scores/")
    page.get_by_role("link", name=TITLE).first.click()
    wait_until_arrived(page)
    assert pytest.approx(0.55) in shares_of("s1", campus)

    # Other tests leave columns, too: the first one on the page need not be the platform's first.
    for column in campus.columns.values():
        if "s1" in column.grades:
            column.grades["s1"].given = 12.0
    page.get_by_role("button", name="Compare").click()
    row = page.get_by_role("region", name="Differences").get_by_role("row", name="Person s1")
    expect(row).to_contain_text("55 %")
    expect(row).to_contain_text("12 %")
    scores = page.get_by_role("region", name="Scores").get_by_role("row", name="Person s1")
    expect(scores).to_contain_text("Differs there")
    assert set(shares_of("s1", campus)) == {0.12}
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Send the picked ones again").click()
    page.get_by_text("1 score is being sent again.").wait_for()  # an earlier score has already arrived
    wait_until_arrived(page)
    assert pytest.approx(0.55) in shares_of("s1", campus)


def test_pages_in_frames_are_accessible_and_fit_the_window(campus, idle, browse):
    page = browse()
    both_launch(page, campus)
    override(page, idle, points=40)
    page.goto(f"{idle.url}{LMS}")
    pages = [page.url, page.url + "platforms/new", page.url + "scores/"]
    pages.append(page.get_by_role("link", name="Change its addresses").first.get_attribute("href"))
    page.goto(page.url + "scores/")
    pages.append(page.get_by_role("link", name=TITLE).first.get_attribute("href"))

    found = []
    for address in pages:
        page.goto(idle.url + address.removeprefix(idle.url))
        for scheme, width in (("light", 360), ("dark", 1440)):
            # No animations: while a button changes its colour, its contrast is too low.
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 900})
            found += [(address, scheme, width, one["id"]) for one in Axe().run(page).response["violations"]]
            if page.evaluate("document.documentElement.scrollWidth") != width:
                found.append((address, scheme, width, "too wide"))
    assert found == []


def test_a_term_in_moodle(campus, idle, browse):
    campus.product = "moodle"
    campus.people |= {"s7": "student", "t7": "teacher"}
    first, second = (number_of(campus.add_column()) for _ in range(2))
    page = browse()
    # Two tabs of a student: the second launch leaves the first tab as it was.
    page.goto(campus.launch("s7", exercise=SLUG, framed=False, column=first))
    page.locator(".cm-content").wait_for()
    other = page.context.new_page()
    other.goto(campus.launch("s7", exercise=SLUG, framed=False, column=second))
    other.locator(".cm-content").wait_for()
    page.get_by_role("button", name="Submit").click()
    page.get_by_text("Waiting for a grader").wait_for()

    # A teacher in a frame, then in a window, then as a student in a second tab.
    page.goto(campus.launch("t7", "Instructor", exercise=SLUG, column=first))
    framed(page).locator(".cm-content").wait_for()
    expect(framed(page).get_by_role("banner")).to_have_count(0)
    with page.expect_popup() as opened:
        framed(page).get_by_role("button", name="Teaching pages").click()
    teaching = opened.value
    teaching.get_by_role("link", name="Gradebook").wait_for()
    other.goto(campus.launch("t7", "Learner", exercise=SLUG, framed=False, column=first))
    other.get_by_text("You see this page as a student").wait_for()

    # An override on both sides, made in the tab from before.
    campus.columns[first].overridden["s7"] = 12.0
    override(teaching, idle, points=55, name="Person s7")
    open_column(teaching, idle, -2)
    wait_for_state(teaching, "Differs there")
    expect(teaching.get_by_role("row", name="Person s7")).to_contain_text("12 of 100")
    del campus.columns[first].overridden["s7"]
    teaching.get_by_role("button", name="Send again for Person s7").click()
    wait_for_state(teaching, "Arrived")
    assert campus.share("s7", first) == pytest.approx(0.55)

    # The activity is deleted, and added again.
    del campus.columns[first]
    override(teaching, idle, points=60, name="Person s7")
    open_column(teaching, idle, -2)
    wait_for_state(teaching, "Refused")
    teaching.get_by_role("button", name="Dismiss the column").click()
    teaching.get_by_text("is dismissed. No grades are sent to it.").wait_for()
    third = number_of(campus.add_column())
    other.goto(campus.launch("t7", "Instructor", exercise=SLUG, framed=False, column=third))
    open_column(teaching, idle, -1)
    wait_for_state(teaching, "Arrived")
    assert campus.share("s7", third) == pytest.approx(0.6)


def shares_of(person, campus):
    """A person's share of the points in each column that has a grade."""
    return [share for number in campus.columns if (share := campus.share(person, number)) is not None]


def number_of(address):
    """The number of a column in its address."""
    return int(address.split("/lineitems/")[1].split("/")[0])


def open_column(page, system, place):
    """Open the page of a column by its place in the list: the newest is the last, and dismissed ones are left out."""
    page.goto(f"{system.url}{LMS}scores/")
    page.get_by_role("region", name="Columns of the LMS").get_by_role("link", name=TITLE).all()[place].click()
    page.get_by_role("heading", name="Compared with the LMS").wait_for()


def both_launch(page, campus):
    """Launch as the student first, so that the account exists, then as the instructor."""
    page.goto(campus.launch("s1", exercise=SLUG, framed=False))
    page.locator(".cm-content").wait_for()
    page.goto(campus.launch("t1", "Instructor", framed=False))
    page.get_by_role("banner").get_by_text("Person t1").wait_for()


def override(page, system, *, points, name="Person s1"):
    page.goto(f"{system.url}{TEACH}gradebook/?q={name.replace(' ', '+')}")
    page.locator("tbody td a").first.click()
    page.get_by_text("Override", exact=True).click()
    page.get_by_label("Points").fill(str(points))
    page.locator("#override-why").fill("Oral exam")
    page.get_by_role("button", name="Override the grade").click()
    page.get_by_text(f"→ {points}").wait_for()


def wait_until_arrived(page):
    """Load the page again until the score has arrived."""
    wait_for_state(page, "Arrived")


def wait_for_state(page, state):
    """Load the page again until a score has a state."""
    scores = page.get_by_role("region", name="Scores")
    for _ in range(30):
        if scores.get_by_text(state, exact=True).count():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(scores.inner_text())
