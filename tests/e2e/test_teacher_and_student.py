"""A teacher and a student in two browsers: each sees what the other does."""

import pytest
from playwright.sync_api import expect

from grader.packages.catalogue import find_package

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EXERCISE = find_package("gradients/sum-of-matrix")
TITLE = EXERCISE.manifest.title
COURSE = "/courses/autograd-demo"
A_MINUTE = 60_000


@pytest.fixture
def hand_in(system, page, sign_in, write):
    """Submit the solution as a student and wait for its score."""

    def hand_in(student):
        sign_in(system, student)
        page.goto(f"{system.url}{COURSE}/exercises/{EXERCISE.slug}/")
        page.locator(".cm-content").wait_for()
        write(EXERCISE.solution)
        page.get_by_role("button", name="Submit").click()
        page.get_by_text("Every check passed.").wait_for(timeout=A_MINUTE)

    return hand_in


def test_a_teachers_comment_is_shown_to_the_student(system, page, hand_in, in_another_browser):
    hand_in("student1")
    teacher = in_another_browser(system, "instructor")
    teacher.goto(f"{system.url}{COURSE}/teach/gradebook/?q=student1")
    teacher.locator("tbody td a").filter(has_text="100").click()
    teacher.get_by_role("region", name="Attempts").get_by_role("link").first.click()
    teacher.locator("summary", has_text="Comment").click()
    teacher.get_by_label("Your comment").fill("Short, and right.")
    teacher.get_by_role("button", name="Comment", exact=True).click()
    expect(teacher.locator(".comment").get_by_text("Short, and right.")).to_be_visible()

    page.reload()
    expect(page.get_by_role("region", name="Comments").get_by_text("Short, and right.")).to_be_visible()


def test_a_regrade_is_previewed_applied_and_reverted(system, hand_in, in_another_browser):
    hand_in("student2")
    teacher = in_another_browser(system, "instructor")
    teacher.goto(f"{system.url}{COURSE}/teach/")
    teacher.get_by_role("link", name="Regrades").click()
    teacher.get_by_role("link", name="Grade again").first.click()
    teacher.get_by_label(TITLE).check()
    teacher.get_by_label("Reason").fill("To be sure.")
    teacher.get_by_role("button", name="Start the preview").click()
    expect(teacher.get_by_role("button", name="Apply the new scores")).to_be_visible(timeout=A_MINUTE)
    # At first the page shows what changed, and nothing did.
    teacher.get_by_role("navigation", name="Which scores to show").get_by_role("link", name="All").click()
    row = teacher.get_by_role("row").filter(has_text="student2")
    expect(row.get_by_text("10 of 10")).to_have_count(2)

    teacher.get_by_role("button", name="Apply the new scores").click()
    teacher.get_by_role("button", name="Take it back").click()

    expect(teacher.get_by_role("region", name="Progress").get_by_text("Taken back")).to_be_visible()
