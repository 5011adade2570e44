"""The pages without a mouse: searching in the code, and past the header."""

import pytest
from playwright.sync_api import expect

from grader.packages.catalogue import find_package

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EXERCISE = find_package("gradients/sum-of-matrix")


def test_what_is_searched_for_in_the_code_is_found_and_escape_leads_back(idle, page, sign_in, write):
    sign_in(idle, "student22")
    page.get_by_role("link", name=EXERCISE.manifest.title).click()
    write("alpha = 1\nbeta = 2\n")

    page.keyboard.press("Control+f")
    page.keyboard.type("beta")
    page.keyboard.press("Enter")
    assert page.locator(".cm-searchMatch-selected").inner_text() == "beta"
    page.keyboard.press("Escape")

    expect(page.locator(".cm-content")).to_be_focused()


def test_the_first_stop_of_every_page_leads_past_its_header(idle, page, sign_in):
    sign_in(idle, "student23")
    page.goto(f"{idle.url}/courses/autograd-demo/grades/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#main")).to_be_focused()
