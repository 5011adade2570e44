"""Mail in a real browser: an invitation that arrives and works, an announcement, and stopping one kind of mail."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.system import link_in_mail

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TEACH = "/courses/autograd-demo/teach/"
PASSWORD = "difference-engine-1822"


def test_an_imported_person_chooses_a_password_and_signs_in(idle, page, sign_in, in_another_browser, violations):
    instructor = in_another_browser(idle, "instructor")
    instructor.goto(f"{idle.url}{TEACH}people/import")
    instructor.get_by_label("Or its text").fill("email,name\ngrace@example.org,Grace Hopper")
    instructor.get_by_role("button", name="Preview the import").click()
    instructor.get_by_role("button", name="Import", exact=True).click()

    page.goto(link_in_mail(idle, "/invitation/"))
    expect(page.get_by_text("Your user name is grace@example.org")).to_be_visible()
    assert violations() == []
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    page.get_by_label("User name").fill("grace@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Automatic differentiation")).to_be_visible()

    instructor.goto(f"{idle.url}{TEACH}people/?q=grace")
    instructor.get_by_role("link", name="Grace Hopper").click()
    expect(instructor.get_by_text("Invitation: sent")).to_be_visible()


def test_an_announcement_arrives_and_can_be_stopped(idle, page, sign_in, violations):
    sign_in(idle, "instructor")
    page.goto(f"{idle.url}{TEACH}announcements/")
    page.get_by_role("link", name="New announcement").click()
    page.get_by_label("Subject").fill("Another room")
    page.get_by_label("Text").fill("We meet in **room 2** today.")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text(re.compile(r"A mail goes to \d+ people"))).to_be_visible()
    assert violations() == []
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_role("heading", name="Another room")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    page.goto(link_in_mail(idle, "/mail/stop/"))
    page.get_by_role("button", name="Stop them").click()
    expect(page.get_by_role("heading", name="You get no more of these mails")).to_be_visible()
    assert violations() == []

    sign_in(idle, "student12")
    expect(page.get_by_role("link", name="Another room")).to_be_visible()
