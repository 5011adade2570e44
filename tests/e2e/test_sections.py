"""A section, an assistant who sees only it, and two accounts that become one: in a browser, without a command line."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def teach(system, path=""):
    return f"{system.url}/courses/autograd-demo/teach/{path}"


def import_roster(system, page, text):
    page.goto(teach(system, "people/import"))
    page.get_by_label("Or its text").fill(text)
    page.get_by_role("button", name="Preview the import").click()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="People")).to_be_visible()


def test_an_assistant_sees_only_the_section(idle, page, sign_in, violations, in_another_browser):
    sign_in(idle, "instructor")
    import_roster(idle, page, "username,section,role\nstudent7,Monday,\nstudent8,Tuesday,\nstudent9,,ta\n")
    page.goto(teach(idle, "people/?q=student9"))
    page.locator("tbody th a").click()
    page.get_by_label("Only the people of these sections:").check()
    page.get_by_label("Monday").check()
    assert violations() == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("sees Monday now")).to_be_visible()
    page.goto(teach(idle, "people/sections/"))
    assert violations() == []
    page.goto(teach(idle, "people/"))
    assert violations() == []

    assistant = in_another_browser(idle, "student9")
    assistant.goto(teach(idle, "gradebook/"))
    expect(assistant.locator("tbody tr")).to_have_count(1)
    expect(assistant.locator("tbody tr")).to_contain_text("student7")
    assistant.goto(teach(idle, "people/?q=student8"))
    expect(assistant.get_by_text("Nobody matches these filters.")).to_be_visible()


def test_two_accounts_become_one(idle, page, sign_in, violations):
    sign_in(idle, "instructor")
    import_roster(idle, page, "username,name\nemmy,Emmy Noether\nemmy2,E. Noether\n")
    page.goto(teach(idle, "people/?q=emmy2"))
    page.locator("tbody th a").click()
    page.get_by_role("link", name="Merge another account of this person").click()
    page.get_by_label("User name or ID of the other account").fill("emmy")
    page.get_by_role("button", name="Preview").click()
    assert violations() == []
    page.get_by_role("button", name="Merge the accounts").click()

    expect(page.get_by_text("emmy is merged into this account.")).to_be_visible()
    page.goto(teach(idle, "people/?q=emmy"))
    expect(page.locator("tbody tr")).to_have_count(1)
