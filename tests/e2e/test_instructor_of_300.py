"""An instructor of 300 students, in a browser and without a command line: roster, invitation, section, drop, news."""

import re
import time
from email.message import Message

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import expect

from deploy.dev.processes import free_port
from tests.support.mail import Inbox
from tests.support.system import whole_system

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TEACH = "/courses/autograd-demo/teach/"
PASSWORD = "difference-engine-1822"
STUDENTS = 299
ASSISTANT = "zoe.assistant@example.org"
LINK = re.compile(r"https?://\S+/invitation/\S+")


@pytest.fixture(scope="module")
def inbox():
    """A real SMTP server that keeps what arrives."""
    inbox, port = Inbox(), free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    inbox.port = port
    yield inbox
    controller.stop()


@pytest.fixture(scope="module")
def system(tmp_path_factory, inbox):
    """A whole system, without a grader, that sends its e-mails to that server."""
    env = {"DJANGO_SETTINGS_MODULE": "tests.support.demo_with_mail", "DEMO_MAIL_PORT": str(inbox.port)}
    with whole_system(tmp_path_factory.mktemp("system"), env=env) as system:
        yield system


def address(number):
    return f"learner{number}@example.org"


def section(number):
    return "Monday" if number % 2 else "Tuesday"


def roster():
    """300 lines: an assistant, and students in two sections."""
    students = [f"{address(n)},Learner {n},student,{section(n)}" for n in range(1, STUDENTS + 1)]
    return "\n".join(["email,name,role,section", f"{ASSISTANT},Zoe Assistant,ta,", *students])


def wait_for_mails(inbox, number):
    for _ in range(600):
        if len(inbox.arrived) >= number:
            return
        time.sleep(0.2)
    raise AssertionError(f"{len(inbox.arrived)} of {number} mails arrived")


def mails_to(inbox, person, *, about=""):
    return [mail for mail in inbox.arrived if mail["To"] == person and about in mail["Subject"]]


def text_of(mail: Message):
    plain = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
    return plain.get_payload(decode=True).decode()


def set_password(system, page, inbox, person):
    """Open the link of a person's invitation, choose a password and sign in."""
    (mail,) = mails_to(inbox, person)
    page.goto(LINK.search(text_of(mail))[0])
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    page.get_by_label("User name").fill(person)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Automatic differentiation").wait_for()


def open_person(system, page, name):
    page.goto(f"{system.url}{TEACH}people/?q={name}")
    page.locator("tbody th a").first.click()


def test_an_instructor_of_300_is_never_stuck(system, inbox, page, sign_in, chromium, tmp_path):
    sign_in(system, "instructor")

    # 300 people by CSV, after a preview.
    file = tmp_path / "roster.csv"
    file.write_text(roster())
    page.goto(f"{system.url}{TEACH}people/import")
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Preview the import").click()
    expect(page.locator("dl.tiles .tile").first).to_contain_text("300")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("300 joined")).to_be_visible()

    # An invitation arrives for each of them, and it works.
    wait_for_mails(inbox, 300)
    assert {mail["To"] for mail in inbox.arrived} == {ASSISTANT, *map(address, range(1, STUDENTS + 1))}
    learner, assistant = (chromium.new_context().new_page() for _ in range(2))
    set_password(system, learner, inbox, address(2))
    set_password(system, assistant, inbox, ASSISTANT)

    # The assistant sees one section and nobody else.
    open_person(system, page, "Zoe")
    page.get_by_label("Only the people of these sections:").check()
    page.get_by_label("Monday").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("sees Monday now")).to_be_visible()
    assistant.goto(f"{system.url}{TEACH}people/?q=learner1@")
    expect(assistant.locator("tbody tr")).to_have_count(1)
    assistant.goto(f"{system.url}{TEACH}people/?q=learner2@")
    expect(assistant.get_by_text("Nobody matches these filters.")).to_be_visible()

    # One of them drops the course.
    open_person(system, page, "learner2@")
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("is no longer in the course")).to_be_visible()
    assert learner.goto(f"{system.url}/courses/autograd-demo/").status == 404

    # An announcement to the other section arrives there, and not with the person who dropped.
    inbox.arrived.clear()
    page.goto(f"{system.url}{TEACH}announcements/")
    page.get_by_role("link", name="New announcement").click()
    page.get_by_label("To", exact=True).select_option("Tuesday")
    page.get_by_label("Subject").fill("Another room")
    page.get_by_label("Text").fill("We meet in **room 2** today.")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_role("heading", name="Another room")).to_be_visible()
    # The author gets a copy.
    expected = {"instructor@example.org", *(address(n) for n in range(4, STUDENTS + 1, 2))}
    wait_for_mails(inbox, len(expected))
    assert {mail["To"] for mail in inbox.arrived} == expected
    assert "room 2" in text_of(inbox.arrived[0])
    for context in (learner.context, assistant.context):
        context.close()
