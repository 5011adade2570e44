"""No page breaks a rule of accessibility that axe knows, in either colour scheme, or is wider than a small phone."""

import pytest

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
    f"{TEACH}people/import",
    f"{TEACH}codes/",
    f"{TEACH}changes/",
    f"{TEACH}connections/",
    f"{TEACH}connections/webhooks/",
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
def test_every_page_can_be_used_by_everybody_and_on_a_phone(idle, page, sign_in, violations, who, addresses):
    if who:
        sign_in(idle, who)
    found = {}
    for address in addresses:
        assert page.goto(f"{idle.url}{address}").status == 200
        found[address] = [*wide(page), *violations()]

    assert {address: trouble for address, trouble in found.items() if trouble} == {}


def test_a_chart_that_was_drawn_for_a_wider_page_does_not_widen_this_one(idle, page, sign_in):
    sign_in(idle, "instructor")
    page.set_viewport_size(SMALL)
    page.goto(f"{idle.url}{TEACH}assignments/5/analytics")
    page.evaluate("document.querySelectorAll('.chart canvas').forEach((each) => { each.style.width = '1000px'; })")

    assert wide(page) == []
