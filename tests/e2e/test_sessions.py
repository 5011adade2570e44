"""Pages that are older than their session: it ended, its token changed, or somebody signed in in another tab."""

import pytest
from playwright.sync_api import expect

from grader.packages.catalogue import find_package
from tests.e2e.conftest import sign_in_on

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EXERCISE = find_package("gradients/sum-of-matrix")
PATH = "/courses/autograd-demo/exercises/gradients/sum-of-matrix/"


@pytest.fixture
def page(chromium):
    """A page whose refused requests (401, 403) are no failure: they are what is tested."""
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def open_exercise(page, idle, name):
    sign_in_on(page, idle, name)
    page.goto(f"{idle.url}{PATH}")
    page.locator(".cm-content").wait_for()


def code_of(page):
    return page.locator("textarea[data-editor]")


def signed_out_notice(page):
    return page.get_by_role("alert").get_by_text("You have been signed out")


def forget_session(page):
    kept = [cookie for cookie in page.context.cookies() if cookie["name"] != "sessionid"]
    page.context.clear_cookies()
    page.context.add_cookies(kept)


def sign_in_here(page, name):
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(name)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("button", ["Submit", "Test run"])
@pytest.mark.parametrize("forget", [forget_session, lambda page: page.context.clear_cookies()], ids=["session", "all"])
def test_work_goes_on_after_signing_in_again(idle, page, write, button, forget):
    open_exercise(page, idle, "student30")
    forget(page)

    write("kept = 1")
    page.get_by_role("button", name=button).click()
    signed_out_notice(page).wait_for()
    assert page.get_by_label("Password").count() == 0
    expect(page.locator("#trouble")).to_be_hidden()
    page.get_by_role("link", name="Sign in").click()
    sign_in_here(page, "student30")

    page.wait_for_url(f"**{PATH}")
    expect(code_of(page)).to_have_value("kept = 1")
    page.get_by_role("button", name=button).click()
    page.get_by_text("Waiting for a grader").wait_for()
    page.get_by_role("button", name="Cancel").click()


def test_typing_without_a_session_is_explained_and_kept(idle, page, write):
    open_exercise(page, idle, "student31")
    forget_session(page)

    write("typed_later = 1")
    signed_out_notice(page).wait_for()
    page.get_by_text("Not saved yet: you have been signed out").wait_for()
    other = page.context.new_page()
    sign_in_on(other, idle, "student31")
    page.bring_to_front()
    page.evaluate("dispatchEvent(new Event('focus'))")

    page.locator("[data-draft-status]").get_by_text("Saved", exact=True).wait_for()
    expect(signed_out_notice(page)).to_be_hidden()


def test_a_sign_in_in_another_tab_does_not_disturb(idle, page, write):
    open_exercise(page, idle, "student32")
    other = page.context.new_page()
    other.goto(f"{idle.url}/")
    other.get_by_role("button", name="Sign out").click()
    sign_in_on(other, idle, "student32")

    write("still_here = 1")
    page.get_by_role("button", name="Submit").click()

    page.get_by_text("Waiting for a grader").wait_for()
    expect(page.locator("#trouble")).to_be_hidden()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("was withdrawn").wait_for()


def test_another_persons_sign_in_hands_in_nothing(idle, page, write):
    open_exercise(page, idle, "student33")
    other = page.context.new_page()
    other.goto(f"{idle.url}/")
    other.get_by_role("button", name="Sign out").click()
    sign_in_on(other, idle, "student34")

    write("not_theirs = 1")
    page.get_by_role("button", name="Submit").click()

    page.get_by_role("alert").get_by_text("student34 has signed in").wait_for()
    other.goto(f"{idle.url}{PATH}history")
    other.get_by_text("Nothing was handed in yet").wait_for()


def test_a_stale_sign_in_form_gives_a_fresh_one(idle, page):
    page.goto(f"{idle.url}/accounts/login/?next={PATH}")
    page.context.clear_cookies()
    sign_in_here(page, "student35")

    page.get_by_role("alert").get_by_text("Please sign in again").wait_for()
    sign_in_here(page, "student35")
    page.wait_for_url(f"**{PATH}")


def test_a_second_sign_in_form_leads_on(idle, page):
    page.goto(f"{idle.url}/accounts/login/?next={PATH}")
    sign_in_on(page.context.new_page(), idle, "student36")

    sign_in_here(page, "student36")

    page.wait_for_url(f"**{PATH}")


def test_a_lesson_says_that_its_reader_was_signed_out(idle, page):
    sign_in_on(page, idle, "student37")
    page.goto(f"{idle.url}/courses/autograd-demo/lessons/tracking/")
    forget_session(page)

    page.get_by_role("button", name="Run code 1").click()

    signed_out_notice(page).wait_for()
