"""Every page passes axe's accessibility rules, in both colour schemes, and fits the width of a small phone."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COURSE = "/courses/autograd-demo/"
TEACH = f"{COURSE}teach/"
STUDENTS = [
    COURSE,
    f"{COURSE}lessons/",
    f"{COURSE}lessons/tracking/",
    f"{COURSE}grades/",
    f"{COURSE}exercises/gradients/sum-of-matrix/",
    f"{COURSE}exercises/gradients/sum-of-matrix/history",
    "/accounts/profile/",
    "/accounts/email/",
    "/accounts/mail/",
    f"{COURSE}announcements/",
    "/accounts/2fa/",
    "/join/",
]
TEACHERS = [
    TEACH,
    f"{TEACH}gradebook/",
    f"{TEACH}students/12/",
    f"{TEACH}grades/5/12/",
    f"{TEACH}assignments/",
    f"{TEACH}assignments/new",
    f"{TEACH}assignments/5/",
    f"{TEACH}assignments/5/analytics",
    f"{TEACH}exercises/",
    f"{TEACH}regrades/",
    f"{TEACH}regrades/new",
    f"{TEACH}similarity/",
    f"{TEACH}people/",
    f"{TEACH}people/12/",
    f"{TEACH}people/12/merge",
    f"{TEACH}people/sections/",
    f"{TEACH}people/import",
    f"{TEACH}people/invitations",
    f"{TEACH}announcements/",
    f"{TEACH}announcements/new",
    f"{TEACH}codes/",
    f"{TEACH}changes/",
    f"{TEACH}integrations/",
    f"{TEACH}integrations/webhooks/",
]
ANYBODY = ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
SMALL, USUAL = {"width": 360, "height": 800}, {"width": 1440, "height": 900}


def wide(page):
    page.set_viewport_size(SMALL)
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size(USUAL)
    return [width] if width > SMALL["width"] else []


@pytest.mark.parametrize(
    ("who", "addresses"),
    [(None, ANYBODY), ("student12", STUDENTS), ("instructor", TEACHERS)],
    ids=["anybody", "student", "instructor"],
)
def test_every_page_is_accessible_and_fits_a_phone(idle, page, sign_in, violations, who, addresses):
    if who:
        sign_in(idle, who)
    found = {}
    for address in addresses:
        assert page.goto(f"{idle.url}{address}").status == 200
        found[address] = [*wide(page), *violations()]

    assert {address: trouble for address, trouble in found.items() if trouble} == {}


def test_an_old_wide_chart_does_not_widen_the_page(idle, page, sign_in):
    sign_in(idle, "instructor")
    page.set_viewport_size(SMALL)
    page.goto(f"{idle.url}{TEACH}assignments/5/analytics")
    page.evaluate("document.querySelectorAll('.chart canvas').forEach((each) => { each.style.width = '1000px'; })")

    assert wide(page) == []


def test_a_phone_shows_the_way_back_and_the_history(idle, page, sign_in, write):
    exercise = f"{idle.url}{COURSE}exercises/gradients/sum-of-matrix/"
    sign_in(idle, "student13")
    for code in ("x = 1", "x = 2"):
        page.goto(exercise)
        write(code)
        page.keyboard.press("Control+Enter")
        page.get_by_text("can close this page").wait_for()
        page.get_by_role("button", name="Cancel").click()
        page.get_by_text("was withdrawn").wait_for()
    page.set_viewport_size(SMALL)

    page.goto(f"{exercise}history")
    assert hidden(page.get_by_role("region", name="Submissions")) == 0
    expect(page.get_by_label("Submission 1 on the left")).to_be_in_viewport()
    page.get_by_role("link", name="Submission 2").click()
    way_back = page.get_by_role("navigation", name="Where you are").get_by_role("link")
    expect(way_back).to_have_text("The gradient of a sum")
    way_back.click()
    page.wait_for_url(exercise)

    page.goto(f"{idle.url}{COURSE}grades/")
    assert hidden(page.get_by_role("region", name="Grades")) == 0


def test_wide_content_shows_that_it_scrolls(idle, page, sign_in):
    sign_in(idle, "student13")
    page.set_viewport_size(SMALL)
    page.goto(f"{idle.url}{COURSE}exercises/nets/classifier-gpu/")
    formula = page.locator(".formula").first

    assert hidden(formula) > 0
    begin = edge(page, formula)
    formula.evaluate("(frame) => { frame.scrollLeft = frame.scrollWidth; }")
    assert edge(page, formula) != begin


def hidden(frame):
    """How many pixels of a frame's content are beyond its edge."""
    return frame.evaluate("(frame) => frame.scrollWidth - frame.clientWidth")


def edge(page, frame):
    """A screenshot of the frame's top right corner: it has the shadow but no content."""
    box = frame.bounding_box()
    strip = {"x": box["x"] + box["width"] - 6, "y": box["y"], "width": 6, "height": 2}
    return page.screenshot(clip=strip)
