"""A student's first exercise, in a real browser, through the real queue and a real sandbox."""

import pytest

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


def test_a_wrong_answer_is_explained_and_a_right_one_gets_full_marks(system, page, sign_in, write):
    sign_in(system, "student1")
    open_exercise(page)

    write(EXERCISE.solution.replace("return ", DOUBLED, 10))
    page.get_by_role("button", name="Submit").click()
    results(page).get_by_text("checks failed").wait_for(timeout=A_MINUTE)
    explained = results(page).locator(".finding-failed").filter(has=page.locator(".finding-words"))
    assert explained.count() > 0
    assert results(page).get_by_text("Attempt 1").is_visible()

    write(EXERCISE.solution)
    page.keyboard.press("Control+Enter")
    results(page).get_by_text("Every check passed.").wait_for(timeout=A_MINUTE)
    assert page.locator("#standing").get_by_text("Grade 100 of 100").is_visible()

    page.get_by_role("link", name="Automatic differentiation").click()
    page.get_by_role("link", name=f"{EXERCISE.manifest.title} passed").wait_for()


def test_code_that_does_not_load_costs_nothing(system, page, sign_in, write):
    sign_in(system, "student2")
    open_exercise(page)

    write("def make_matrix(:\n")
    page.keyboard.press("Control+Enter")
    results(page).get_by_text("This used no attempt").wait_for(timeout=A_MINUTE)

    assert page.locator("#standing").get_by_text("0 attempts").is_visible()


def test_with_the_stream_cut_off_the_page_asks_again_and_again(system, page, sign_in, write):
    sign_in(system, "student3")
    page.route("**/events", lambda route: route.fulfill(status=204))
    open_exercise(page)

    write(EXERCISE.solution)
    page.keyboard.press("Control+Enter")

    results(page).get_by_text("Every check passed.").wait_for(timeout=A_MINUTE)
