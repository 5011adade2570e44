"""Hints in a real browser: they open in place, by keyboard too, and the teacher sees it."""

import pytest
from playwright.sync_api import expect

from grader.packages.catalogue import find_package

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EXERCISE = find_package("gradients/vector-backward")
PATH = "/courses/autograd-demo/exercises/gradients/vector-backward/"
ONES = (EXERCISE.folder / "mistakes" / "ones.py").read_text()
OWN = EXERCISE.messages["unweighted"]
WHY, HOW = OWN.why[:30].replace("`", ""), OWN.how[:25].replace("`", "")
LONG = 180_000


def hand_in(page, number):
    page.get_by_role("button", name="Submit").click()
    expect(result(page).get_by_text(f"Attempt {number}", exact=True)).to_be_visible(timeout=LONG)


def result(page):
    return page.get_by_role("region", name="Result")


def test_hints_open_in_place_and_the_teacher_sees_it(system, page, sign_in, write, violations, in_another_browser):
    page.set_viewport_size({"width": 1280, "height": 720})
    sign_in(system, "student47")
    page.goto(f"{system.url}{PATH}")
    page.locator(".cm-content").wait_for(state="attached")
    write(ONES)
    hand_in(page, 1)

    expect(result(page).get_by_text("Hint:")).to_be_visible()
    expect(result(page).get_by_text("Why this goes wrong: opens after one more attempt")).to_be_visible()
    assert WHY not in page.content()
    assert HOW not in page.content()
    assert result(page).bounding_box()["height"] <= 900

    hand_in(page, 2)
    assert WHY not in page.content()  # it is sent when it is opened
    result(page).get_by_role("button", name="Show why").focus()
    page.keyboard.press("Enter")
    expect(result(page).get_by_text(WHY)).to_be_focused()
    expect(result(page).get_by_text("What to change: opens after one more attempt")).to_be_visible()
    assert violations() == []

    result(page).get_by_role("button", name="This did not help").last.press("Enter")
    expect(result(page).get_by_text("You said that this did not help")).to_be_focused()
    assert result(page).bounding_box()["height"] <= 900
    page.reload()
    expect(result(page).get_by_text(WHY)).to_be_visible()
    assert HOW not in page.content()

    teacher = in_another_browser(system, "instructor")
    teacher.goto(f"{system.url}/courses/autograd-demo/teach/assignments/")
    teacher.get_by_role("link", name="Analytics of Backward from a vector").click()
    hints = teacher.get_by_role("region", name="Hints")
    expect(hints.get_by_role("row", name="not used").get_by_role("cell")).to_have_text(["2", "1", "0", "0", "1", "0"])
