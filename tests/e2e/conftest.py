"""A running system and a real browser."""

from contextlib import ExitStack, closing
from functools import partial

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from deploy.dev.browser import ARGUMENTS, chromium_program
from tests.support.system import whole_system


@pytest.fixture(scope="module")
def idle(tmp_path_factory):
    """A whole system in which no grader runs."""
    with whole_system(tmp_path_factory.mktemp("system")) as system:
        yield system


@pytest.fixture(scope="module")
def system(idle):
    """A whole system, graders included."""
    with idle.grader():
        yield idle


# Not for the session: Playwright keeps an event loop in this thread, and Django refuses to run in a thread with one.
@pytest.fixture(scope="module")
def playwright():
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def chromium(playwright):
    browser = playwright.chromium.launch(executable_path=chromium_program(), args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def page(chromium):
    """A fresh page. The test fails if the page requests another host, breaks its policy or has an error.

    The browser logs an error for each answer that is not a 2xx. A refused form (422) is ignored here.
    """
    errors = []
    context = chromium.new_context()
    page = context.new_page()
    page.on("console", lambda message: is_error(message) and errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: "//127.0.0.1:" in request.url or errors.append(request.url))
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def violations(page):
    """Return the accessibility rules that the page breaks. In the dark scheme only the contrast is tested."""

    def violations():
        # No animations: while a colour changes, its contrast is too low.
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        found = Axe().run(page).response["violations"]
        page.emulate_media(color_scheme="dark")
        found += Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
        return [(violation["id"], node["target"]) for violation in found for node in violation["nodes"]]

    return violations


def is_error(message):
    return message.type == "error" and "status of 422" not in message.text


@pytest.fixture
def sign_in(page):
    return partial(sign_in_on, page)


def sign_in_on(page, system, name):
    page.goto(f"{system.url}/accounts/login/")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(name)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Automatic differentiation").wait_for()


@pytest.fixture
def in_another_browser(chromium):
    """Sign a person in with another browser context; return their page."""
    with ExitStack() as stack:

        def open_page(system, name):
            page = stack.enter_context(closing(chromium.new_context())).new_page()
            sign_in_on(page, system, name)
            return page

        yield open_page


@pytest.fixture
def write(page):
    """Replace the code in the editor."""

    def write(code):
        page.locator(".cm-content").click()
        page.keyboard.press("Control+a")
        page.keyboard.press("Delete")
        page.keyboard.insert_text(code)

    return write
