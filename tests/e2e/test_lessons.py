"""A lesson in a real browser: its code, changed or not, runs in a real sandbox."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

A_MINUTE = 60_000


@pytest.fixture
def lesson(system, page, sign_in):
    sign_in(system, "student6")
    page.get_by_role("link", name="Lessons").click()
    page.get_by_role("link", name="Tensors that remember").click()
    page.locator(".cm-content").first.wait_for()
    return page


def block(page, number):
    return page.get_by_role("region", name=f"Code {number}")


def write_into(page, number, text):
    block(page, number).locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)


def test_the_next_block_sees_a_changed_block(lesson):
    write_into(lesson, 1, "import torch\nx = torch.tensor([5.0])\nprint('only the first shows this')")
    write_into(lesson, 2, "print(x + 1)")
    lesson.keyboard.press("Control+Enter")

    block(lesson, 2).get_by_text("tensor([6.])").wait_for(timeout=A_MINUTE)
    assert "only the first" not in block(lesson, 2).locator(".snippet-output").inner_text()


def test_each_block_runs_and_shows_the_output_of_the_text(lesson):
    expected = block(lesson, 3).locator(".snippet-output").inner_text()
    write_into(lesson, 1, "import torch")

    # The page already shows the output that the text has. The mark distinguishes it from the sandbox's output.
    block(lesson, 3).locator(".snippet-output pre").evaluate("pre => { pre.dataset.expected = '' }")

    block(lesson, 3).get_by_role("button", name="Run").click()

    block(lesson, 3).locator(".snippet-output pre:not([data-expected])").wait_for(timeout=A_MINUTE)
    assert block(lesson, 3).locator(".snippet-output").inner_text() == expected


def test_an_error_is_shown_with_its_line(lesson):
    write_into(lesson, 2, "print('so far')\nprint(nothing)")
    block(lesson, 2).get_by_role("button", name="Run").click()

    block(lesson, 2).get_by_text("NameError").wait_for(timeout=A_MINUTE)
    assert "Line 2:" in block(lesson, 2).inner_text()
    expect(block(lesson, 2).get_by_text("so far", exact=True)).to_be_visible()


def test_an_exercise_is_one_click_away(lesson):
    lesson.locator(".place").first.click()

    lesson.get_by_role("button", name="Submit").wait_for()


def test_without_script_a_block_runs_on_another_page(system, chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{system.url}/accounts/login/?next=/courses/autograd-demo/lessons/tracking/")
    page.get_by_label("User name").fill("student7")
    page.get_by_label("Password", exact=True).fill("student7")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code 1").locator("textarea").fill("print(6 * 7)")
    page.get_by_role("button", name="Run code 1").click()

    page.get_by_role("heading", name="Output of code 1").wait_for()
    shown, reload = page.get_by_text("42", exact=True), page.get_by_role("link", name="Reload")
    for _ in range(200):
        expect(shown.or_(reload).first).to_be_visible()
        if shown.is_visible():
            break
        reload.click()
    expect(shown).to_be_visible()
    context.close()
