"""A learner and a teacher talk about a line of code, and about the score; on a narrow screen and by keyboard, too."""

import pytest
from playwright.sync_api import expect

from tests.e2e.feedback import answer_on_line, ask_for_regrade, change_grade_on_request, comment_on_line

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COURSE = "/courses/autograd-demo"
EXERCISE = f"{COURSE}/exercises/gradients/two-variables/"
A_MINUTE = 60_000
CODE = "import torch\n\n\ndef gradients(x, y):\n    return x, y\n"


def test_a_line_and_a_score_are_talked_about(system, page, sign_in, write, violations, in_another_browser):
    sign_in(system, "student5")
    page.goto(f"{system.url}{EXERCISE}")
    write(CODE)
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("region", name="Result").get_by_text("Attempt 1", exact=True).wait_for(timeout=A_MINUTE)
    page.get_by_role("link", name="History").click()
    page.get_by_role("table").get_by_role("link").first.click()
    page.locator("#line-1").wait_for()
    own = page.url

    # By keyboard, with the numbers of the lines.
    page.locator("summary", has_text="Ask or comment").focus()
    page.keyboard.press("Enter")
    page.get_by_label("From line").fill("4")
    page.get_by_label("Your comment").fill("Must `x` require a gradient?")
    page.get_by_role("button", name="Comment", exact=True).press("Enter")
    expect(page.locator("#thread-4-4")).to_contain_text("Must x require a gradient?")
    page.reload()
    expect(page.get_by_role("link", name="Comments on line 4")).to_be_visible()
    page.locator("#line-4").click()
    expect(page.get_by_role("status").filter(has_text="Line 4")).to_be_visible()
    assert violations() == []

    teacher = in_another_browser(system, "instructor")
    teacher.goto(f"{system.url}{COURSE}/teach/")
    teacher.get_by_role("link", name="comment of learners").click()
    teacher.get_by_role("link", name="student5").click()
    answer_on_line(teacher, 4, "Yes, `x` must.")
    comment_on_line(teacher, 5, "This is no gradient.")

    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{system.url}{COURSE}/")
    page.locator("#new-comments + ul a").first.click()
    expect(page.locator("#thread-5-5")).to_contain_text("New")
    answer_on_line(page, 5, "I see.")
    assert violations() == []
    page.goto(f"{system.url}{COURSE}/grades/")
    expect(page.locator(".badge-new")).to_have_count(0)

    page.goto(own)
    ask_for_regrade(page, "The statement says otherwise.")
    change_grade_on_request(teacher, f"{system.url}{COURSE}", "student5", points="55", text="You are right.")
    page.goto(f"{system.url}{COURSE}/")
    page.get_by_text("Regrade request answered").wait_for()
    page.goto(own)
    expect(page.locator("#regrade-request")).to_contain_text("The grade was changed.")
    assert violations() == []
