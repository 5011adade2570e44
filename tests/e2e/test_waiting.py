"""What a student sees if no grader is running."""

import pytest
from playwright.sync_api import expect

from grader.packages.catalogue import find_package

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EXERCISE = find_package("gradients/sum-of-matrix")
A_MINUTE = 60_000


def submit_solution(page, write):
    page.get_by_role("link", name=EXERCISE.manifest.title).click()
    write(EXERCISE.solution)
    page.keyboard.press("Control+Enter")
    page.get_by_text("Waiting for a grader").wait_for()


def test_a_waiting_submission_is_graded_when_a_grader_starts(idle, page, sign_in, write):
    sign_in(idle, "student4")
    submit_solution(page, write)

    page.reload()
    page.get_by_text("Waiting for a grader").wait_for()
    with idle.grader():
        page.get_by_text("Every check passed.").wait_for(timeout=A_MINUTE)


def test_a_waiting_submission_can_be_cancelled(idle, page, sign_in, write):
    sign_in(idle, "student5")
    submit_solution(page, write)

    page.get_by_role("button", name="Cancel").click()

    page.get_by_text("This submission was withdrawn").wait_for()
    expect(page.locator("#status").get_by_text("0 attempts")).to_be_visible()
