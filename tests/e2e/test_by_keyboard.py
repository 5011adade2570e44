"""The pages without a mouse: search in the editor, skip the header, submit."""

import pytest
from playwright.sync_api import expect

from grader.packages.catalogue import find_package

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EXERCISE = find_package("gradients/sum-of-matrix")


def test_search_finds_code_and_escape_returns_to_the_editor(idle, page, sign_in, write):
    sign_in(idle, "student22")
    page.get_by_role("link", name=EXERCISE.manifest.title).click()
    write("alpha = 1\nbeta = 2\n")

    page.keyboard.press("Control+f")
    page.keyboard.type("beta")
    page.keyboard.press("Enter")
    expect(page.locator(".cm-searchMatch-selected")).to_have_text("beta")
    page.keyboard.press("Escape")

    expect(page.locator(".cm-content")).to_be_focused()


def test_the_first_link_of_a_page_skips_its_header(idle, page, sign_in):
    sign_in(idle, "student23")
    page.goto(f"{idle.url}/courses/autograd-demo/grades/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#main")).to_be_focused()


def tab_to(page, what):
    """Press Tab until the target has the focus; fail after more stops than any page has."""
    for _ in range(80):
        if what.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {what}")


def test_sign_in_submit_and_cancel_work_by_keyboard(idle, page):
    page.goto(f"{idle.url}/accounts/login/")
    tab_to(page, page.get_by_label("User name"))
    page.keyboard.type("student24")
    page.keyboard.press("Tab")
    page.keyboard.type("student24")
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("link", name=EXERCISE.manifest.title))
    page.keyboard.press("Enter")

    tab_to(page, page.locator(".cm-content"))
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.type("answer = 1\nif answer:\npass")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.locator(".cm-content")).not_to_be_focused()
    tab_to(page, page.get_by_role("button", name="Submit"))
    page.keyboard.press("Enter")
    page.get_by_text("Waiting for a grader").wait_for()
    tab_to(page, page.get_by_role("button", name="Cancel"))
    page.keyboard.press("Enter")

    page.get_by_text("This submission was withdrawn").wait_for()
    assert page.locator("textarea[data-editor]").input_value() == "answer = 1\nif answer:\n    pass"


def test_escape_then_tab_leaves_a_lessons_block(idle, page, sign_in):
    sign_in(idle, "student25")
    page.goto(f"{idle.url}/courses/autograd-demo/lessons/tracking/")
    block = page.get_by_label("Code 1").locator(".cm-content")
    tab_to(page, block)

    expect(block).to_have_accessible_description("Ctrl Enter runs it · Esc Tab leaves the code")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")

    expect(page.get_by_role("button", name="Run code 1")).to_be_focused()


# The middle of what has the focus is something else: a sticky head or column covers it, or a frame cuts it off.
COVERED = """() => {
  const element = document.activeElement;
  const { left, top, width, height } = element.getBoundingClientRect();
  const there = document.elementFromPoint(left + width / 2, top + height / 2);
  return !there || !(element.contains(there) || there.contains(element)) ? element.outerHTML : "";
}"""


def covered_on_the_way(page, key, times):
    """Press a key again and again; return what had the focus and was covered."""
    covered = []
    for _ in range(times):
        page.keyboard.press(key)
        covered.append(page.evaluate(COVERED))
    return [one for one in covered if one]


def test_nothing_sticky_covers_the_focus(idle, page, sign_in):
    sign_in(idle, "instructor")
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{idle.url}/courses/autograd-demo/teach/gradebook/")
    rows = page.locator(".gradebook tbody tr")
    # A cell on the right, in the first row below the head, with other rows beneath the head.
    start = rows.nth(18).locator("a").nth(6)
    start.focus()
    page.locator(".gradebook").evaluate("frame => frame.scrollBy(300, 0)")
    rows.nth(18).evaluate(
        "row => { const frame = row.closest('.gradebook');"
        " frame.scrollTop += row.getBoundingClientRect().top - frame.getBoundingClientRect().top"
        " - frame.querySelector('thead').offsetHeight; }"
    )
    assert page.locator(".gradebook").evaluate("frame => frame.scrollTop") > 0

    assert covered_on_the_way(page, "Shift+Tab", 60) == []

    page.set_viewport_size({"width": 1280, "height": 420})
    assert page.locator(".gradebook thead th").nth(2).evaluate("cell => getComputedStyle(cell).position") == "static"

    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{idle.url}/courses/autograd-demo/teach/assignments/")
    page.locator(".table-frame tbody a").nth(20).focus()
    page.locator(".table-frame").first.evaluate("frame => frame.scrollTo(999, 0)")

    assert covered_on_the_way(page, "Shift+Tab", 12) == []
