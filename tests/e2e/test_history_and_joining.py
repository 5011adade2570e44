"""Comparing two attempts, and joining a course with a code, in a real browser."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EXERCISE = "/courses/autograd-demo/exercises/gradients/sum-of-matrix/"


def hand_in(page, write, number, code):
    write(code)
    page.keyboard.press("Control+Enter")
    page.get_by_text("Waiting for a grader").wait_for()
    page.locator("#status").get_by_text(f"{number} attempt").wait_for()


def test_two_attempts_are_chosen_and_compared(idle, page, sign_in, write):
    sign_in(idle, "student11")
    page.goto(f"{idle.url}{EXERCISE}")
    page.locator(".cm-content").wait_for()
    hand_in(page, write, 1, "answer = 1")
    hand_in(page, write, 2, "answer = 2")

    page.goto(f"{idle.url}{EXERCISE}history")
    page.get_by_label("Attempt 2 on the left").check()
    page.get_by_label("Attempt 1 on the right").check()
    page.get_by_role("button", name="Compare these two").click()

    page.get_by_role("heading", name="Attempt 2 and Attempt 1").wait_for()
    expect(page.locator("del")).to_have_text("2")
    expect(page.locator("ins")).to_have_text("1")


def test_a_new_student_joins_with_a_course_code(idle, chromium, page, sign_in):
    sign_in(idle, "instructor")
    page.goto(f"{idle.url}/courses/autograd-demo/teach/codes/")
    page.get_by_role("button", name="Create a code").click()
    code = page.locator("tbody th code").first.inner_text()

    context = chromium.new_context()
    new = context.new_page()
    new.goto(f"{idle.url}/accounts/login/")
    new.get_by_role("link", name="I have a course code").click()
    new.get_by_label("Course code").fill(code.lower())
    new.get_by_role("button", name="Continue").click()
    new.get_by_role("link", name="Create an account").click()
    new.get_by_label("Username").fill("newcomer")
    for label in ("Password", "Password (again)"):
        new.get_by_label(label, exact=True).fill("compilers-1952")
    new.get_by_role("button", name="Sign Up").click()
    new.get_by_role("button", name="Join as newcomer").click()

    new.get_by_role("heading", name="Automatic differentiation").wait_for()
    context.close()
