"""No page around the exercises breaks a rule of accessibility that axe knows, in either colour scheme."""

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COURSE = "/courses/autograd-demo/"
PAGES = [
    f"{COURSE}lessons/",
    f"{COURSE}lessons/tracking/",
    f"{COURSE}grades/",
    f"{COURSE}exercises/gradients/sum-of-matrix/history",
    "/accounts/profile/",
    "/accounts/2fa/",
    "/join/",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(idle, page, sign_in, scheme):
    page.emulate_media(color_scheme=scheme)
    sign_in(idle, "student12")
    found = []
    for address in PAGES:
        page.goto(f"{idle.url}{address}")
        found += [(address, violation["id"]) for violation in Axe().run(page).response["violations"]]

    assert found == []


@pytest.mark.parametrize("address", PAGES)
def test_no_page_is_wider_than_a_small_phone(idle, page, sign_in, address):
    page.set_viewport_size({"width": 360, "height": 800})
    sign_in(idle, "student12")

    page.goto(f"{idle.url}{address}")

    assert page.evaluate("document.documentElement.scrollWidth") == 360
