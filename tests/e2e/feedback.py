"""Steps of people in a browser: comments on a line with their answers, regrade requests with theirs.

Each function begins and ends on the page that it names, and fails if the page does not say that it worked.
"""

from playwright.sync_api import Page, expect


def comment_on_line(page: Page, line: int, text: str) -> None:
    """A teacher or learner, on the page of a submission: press a line of its code, and comment on it."""
    page.locator(f"#line-{line}").click()
    page.get_by_role("button", name="Comment on this").click()
    form = page.locator("#comment-form-new")
    form.get_by_label("Your comment").fill(text)
    form.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(f"#thread-{line}-{line} .comment").last).to_contain_text(plain(text))


def answer_on_line(page: Page, line: int, text: str) -> None:
    """A teacher or learner, on a page with the comments of a submission: preview an answer to a thread, and send it."""
    thread = page.locator(f"#thread-{line}-{line}")
    thread.locator("summary", has_text="Answer").click()
    thread.get_by_label("Your answer").fill(text)
    thread.get_by_role("button", name="Preview").click()
    expect(thread.get_by_role("group", name="Preview")).to_contain_text(plain(text))
    thread.get_by_role("button", name="Answer").click()
    expect(thread.locator(".comment").last).to_contain_text(plain(text))


def ask_for_regrade(page: Page, reason: str) -> None:
    """A learner, on the page of a graded submission: ask for a regrade."""
    section = page.locator("#regrade-request")
    section.locator("summary", has_text="Ask for a regrade").click()
    section.get_by_label("Why is the score wrong?").fill(reason)
    section.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#regrade-request")).to_contain_text("Your teachers have not answered yet.")


def change_grade_on_request(page: Page, course: str, learner: str, *, points: str, text: str) -> None:
    """An instructor: open the inbox of the course at this address, and give a learner who asked other points."""
    page.goto(f"{course}/teach/regrade-requests/")
    page.get_by_role("link", name=learner).first.click()
    page.get_by_label("Change the grade").check()
    page.get_by_label("New points").fill(points)
    page.get_by_label("Answer to the learner").fill(text)
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_text("Answered. The learner gets a mail.")).to_be_visible()


def plain(text: str) -> str:
    """Return a short Markdown text as it is read: without backticks and stars."""
    return text.replace("`", "").replace("*", "")
