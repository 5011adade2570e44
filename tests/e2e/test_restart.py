"""The website restarts while a page follows a submission: the page continues without a reload."""

import pytest

from grader.packages.catalogue import find_package
from tests.support.system import whole_system

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EXERCISE = find_package("gradients/sum-of-matrix")
A_MINUTE = 60_000


def test_the_page_shows_the_result_after_a_website_restart(tmp_path, chromium):
    page = chromium.new_context().new_page()
    with whole_system(tmp_path, website=False) as system:
        with system.website():
            page.goto(f"{system.url}/accounts/login/?next=/courses/autograd-demo/exercises/gradients/sum-of-matrix/")
            page.get_by_label("User name").fill("student1")
            page.get_by_label("Password", exact=True).fill("student1")
            page.keyboard.press("Enter")
            page.locator(".cm-content").click()
            page.keyboard.press("Control+a")
            page.keyboard.insert_text(EXERCISE.solution)
            page.keyboard.press("Control+Enter")
            page.get_by_text("Waiting for a grader").wait_for()

        page.evaluate("window.neverReloaded = true")
        with system.website(), system.grader():
            page.get_by_text("Every check passed.").wait_for(timeout=A_MINUTE)

    assert page.evaluate("window.neverReloaded")
    page.context.close()
