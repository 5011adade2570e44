"""A student's first exercise, in a real browser, through the real queue and a real sandbox."""

import pytest
from playwright.sync_api import expect

from grader.packages.catalogue import find_package

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EXERCISE = find_package("gradients/sum-of-matrix")
DOUBLED = "return 2 * "
A_MINUTE = 60_000


def results(page):
    return page.get_by_role("region", name="Result")


def open_exercise(page):
    page.get_by_role("link", name=EXERCISE.manifest.title).click()
    page.locator(".cm-content").wait_for()


def test_wrong_answers_are_explained_and_right_ones_get_full_marks(system, page, sign_in, write, violations):
    sign_in(system, "student1")
    open_exercise(page)

    write(EXERCISE.solution.replace("return ", DOUBLED, 10))
    page.get_by_role("button", name="Submit").click()
    results(page).get_by_role("heading", name="checks failed").wait_for(timeout=A_MINUTE)
    explained = results(page).locator(".finding-failed").filter(has=page.locator(".finding-words"))
    expect(explained.first).to_be_visible()
    expect(results(page).get_by_text("Attempt 1", exact=True)).to_be_visible()
    expect(results(page).locator(".counterexample").first).to_be_visible()
    assert violations() == []

    write(EXERCISE.solution)
    page.keyboard.press("Control+Enter")
    results(page).get_by_text("Every check passed.").wait_for(timeout=A_MINUTE)
    expect(page.locator("#status").get_by_text("Grade 100 of 100")).to_be_visible()

    page.get_by_role("link", name="Automatic differentiation").click()
    page.get_by_role("link", name=f"{EXERCISE.manifest.title} passed").wait_for()


def test_code_that_does_not_load_uses_no_attempt(system, page, sign_in, write):
    sign_in(system, "student2")
    open_exercise(page)

    write("def make_matrix(:\n")
    page.keyboard.press("Control+Enter")
    results(page).get_by_text("This used no attempt").wait_for(timeout=A_MINUTE)

    expect(page.locator("#status").get_by_text("0 attempts")).to_be_visible()


def test_the_page_polls_if_the_event_stream_is_blocked(system, page, sign_in, write):
    sign_in(system, "student3")
    page.route("**/events", lambda route: route.fulfill(status=204))
    open_exercise(page)

    write(EXERCISE.solution)
    page.keyboard.press("Control+Enter")

    results(page).get_by_text("Every check passed.").wait_for(timeout=A_MINUTE)


def test_two_students_at_once_get_their_own_results(system, chromium):
    answers = {"student8": EXERCISE.solution, "student9": EXERCISE.starter}
    pages = {name: chromium.new_context().new_page() for name in answers}
    for name, page in pages.items():
        page.goto(f"{system.url}/accounts/login/?next=/courses/autograd-demo/exercises/gradients/sum-of-matrix/")
        page.get_by_label("User name").fill(name)
        page.get_by_label("Password", exact=True).fill(name)
        page.keyboard.press("Enter")
        page.locator(".cm-content").click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(answers[name])
    for page in pages.values():
        page.get_by_role("button", name="Submit").click()

    results(pages["student8"]).get_by_text("Every check passed.").wait_for(timeout=A_MINUTE)
    results(pages["student9"]).get_by_role("heading", name="checks failed").wait_for(timeout=A_MINUTE)
    for page in pages.values():
        expect(results(page).get_by_text("Attempt 1", exact=True)).to_be_visible()
        page.context.close()
