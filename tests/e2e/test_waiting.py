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


def test_the_focus_stays_after_submit_and_cancel(idle, page, sign_in, write):
    sign_in(idle, "student8")
    page.get_by_role("link", name=EXERCISE.manifest.title).click()
    write("x = 1")
    for button in ("Submit", "Test run"):
        page.get_by_role("button", name=button).focus()
        page.keyboard.press("Enter")
        page.get_by_text("can close this page").wait_for()
        expect(page.get_by_role("button", name=button)).to_be_focused()
        page.get_by_role("button", name="Cancel").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#announcer")).to_have_text("Cancelled. It used no attempt.")
        assert page.evaluate("document.querySelector('#results').contains(document.activeElement)")


ENDLESS = """
def make_matrix(*_):
    while True: pass

gradient_of_sum = gradient_of_sum_of = make_matrix
"""


def test_a_running_submission_says_what_cancelling_costs(idle, page, sign_in, write):
    sign_in(idle, "student6")
    page.get_by_role("link", name=EXERCISE.manifest.title).click()
    write(ENDLESS)
    page.keyboard.press("Control+Enter")
    note = page.locator("#cancel-note")
    expect(note).to_have_text("Cancelling now uses no attempt.")

    with idle.grader():
        expect(note).to_have_text("Cancelling now uses this attempt.", timeout=A_MINUTE)
        expect(page.locator("[data-time]")).to_contain_text("s of 10 s")
        cancel = page.get_by_role("button", name="Cancel")
        expect(cancel).to_have_accessible_description("Cancelling now uses this attempt.")
        cancel.click()
        page.locator("#results").get_by_text("It used an attempt").wait_for(timeout=A_MINUTE)

    expect(page.locator("#status").get_by_text("1 attempt")).to_be_visible()
