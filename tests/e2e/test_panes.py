"""Statement and editor side by side: the reader chooses the widths, and the browser stores them."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EXERCISE = "/courses/autograd-demo/exercises/gradients/sum-of-matrix/"


@pytest.fixture
def divider(idle, page, sign_in):
    page.set_viewport_size({"width": 1440, "height": 900})
    sign_in(idle, "student24")
    page.goto(f"{idle.url}{EXERCISE}")
    page.locator(".cm-content").wait_for()
    return page.get_by_role("separator", name="Width of the statement")


def width(page):
    return page.locator("#text").bounding_box()["width"]


def test_the_divider_moves_by_keyboard_and_keeps_its_position(page, divider):
    before = width(page)

    divider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    narrow = width(page)
    assert narrow < before
    expect(divider).to_have_attribute("aria-valuenow", "35")
    page.reload()
    page.locator(".cm-content").wait_for()
    assert width(page) == pytest.approx(narrow, abs=1)

    divider.focus()
    page.keyboard.press("Enter")
    assert width(page) == pytest.approx(before, abs=1)


def test_the_divider_is_dragged_within_limits(page, divider):
    box = divider.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, 400)
    page.mouse.down()
    page.mouse.move(700, 400, steps=3)
    assert divider.bounding_box()["x"] == pytest.approx(700, abs=30)
    page.mouse.move(1439, 400, steps=3)
    page.mouse.up()

    assert divider.get_attribute("aria-valuenow") == divider.get_attribute("aria-valuemax")
    assert page.locator(".cm-content").bounding_box()["width"] > 250
    assert page.evaluate("document.documentElement.scrollWidth") == 1440


def test_the_divider_moves_by_click_and_says_its_position(page, divider):
    before = width(page)

    page.get_by_role("button", name="Make the statement narrower").click()
    narrow = width(page)
    page.get_by_role("button", name="Make the statement wider").click()

    assert narrow < before
    assert width(page) == pytest.approx(before, abs=1)
    expect(divider).to_have_attribute("aria-valuetext", "Statement 45 %, code 55 %")


def test_a_phone_has_one_column_tabs_and_no_divider(page, divider):
    page.set_viewport_size({"width": 360, "height": 800})

    expect(divider).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    expect(page.get_by_role("tabpanel", name="Exercise")).to_be_visible()
    expect(page.get_by_role("region", name="Your answer")).to_be_hidden()
    page.get_by_role("tab", name="Code").click()
    expect(page.get_by_role("tabpanel", name="Exercise")).to_be_hidden()
    expect(page.locator(".cm-content")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Submit")).to_be_in_viewport()
