"""A whole term in a browser, without a command line: a course, its assignments, its people, and the next term.

Each step is a function that begins on any page of the teacher and leaves the course as the next one needs it.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.feedback import answer_on_line, ask_for_regrade, change_grade_on_request, comment_on_line

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TITLE, SLUG, NEXT = "Gradients by hand", "gradients-by-hand", "gradients-by-hand-2028"
A_MINUTE = 60_000


def teach(system, path="", slug=SLUG):
    return f"{system.url}/courses/{slug}/teach/{path}"


def make_a_course(system, page, violations):
    page.goto(f"{system.url}/accounts/profile/")
    page.get_by_role("link", name="Make a course").click()
    page.get_by_label("Title").fill(TITLE)
    page.get_by_label("Term").fill("Spring 2027")
    page.get_by_label("Short name in addresses").fill(SLUG)
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    assert violations() == []
    page.get_by_role("button", name="Make the course").click()
    expect(page.get_by_text(f"{TITLE} is ready")).to_be_visible()


def set_fifteen_assignments(system, page, violations):
    page.goto(teach(system, "assignments/set/"))
    boxes = page.locator("input[name=pick]")
    for place in range(15):
        boxes.nth(place).check()
    page.get_by_label("First due date").fill("2027-03-15T23:59")
    page.get_by_label("Points for each").fill("10")
    assert violations() == []
    page.get_by_role("button", name="Look at titles and dates").click()
    page.get_by_label(re.compile("^Own title")).first.fill("The first one")
    assert violations() == []
    page.get_by_role("button", name="Set all 15 as drafts").click()
    expect(page.get_by_text("15 assignments are set, as drafts.")).to_be_visible()
    expect(page.get_by_role("rowheader")).to_have_count(15)
    page.get_by_role("button", name="Publish all").click()
    expect(page.get_by_text("15 assignments are published.")).to_be_visible()


def move_all_dates(system, page, violations):
    page.get_by_role("link", name="Edit many").click()
    # Two weeks after the first one, summer time has begun.
    expect(page.get_by_role("row", name="The first one")).to_contain_text("15 Mar 2027, 23:59 CET")
    expect(page.get_by_role("row").nth(3)).to_contain_text("29 Mar 2027, 23:59 CEST")
    for box in page.locator("input[name=pick]").all():
        box.check()
    page.get_by_label("Move all dates by so many days").fill("1")
    assert violations() == []
    page.get_by_role("button", name="Look at the changes").click()
    assert violations() == []
    page.get_by_role("button", name="Save all").click()
    expect(page.get_by_text("15 assignments changed")).to_be_visible()


def add_a_student(system, page, name):
    page.goto(teach(system, "people/add"))
    page.get_by_label("User name").fill(name)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("is in the course now.")).to_be_visible()


def see_the_dates_in_a_calendar(system, page, violations):
    page.goto(f"{system.url}/accounts/calendar/")
    page.get_by_role("button", name="Make an address").click()
    assert violations() == []
    address = page.get_by_label("Your calendar address").inner_text().strip()
    path = address[address.index("/calendar/") :]
    text = page.context.request.get(f"{system.url}{path}").text()
    assert text.count("BEGIN:VEVENT") >= 15
    assert "SUMMARY:The first one is due" in text


def give_more_time(system, page, violations, name):
    page.goto(teach(system, "people/"))
    page.get_by_role("row", name=name).get_by_role("checkbox").check()
    page.get_by_role("button", name="Give the people picked more time").click()
    page.get_by_label("Calendar days more").fill("2")
    page.get_by_label("Reason").fill("A certificate of the study office")
    assert violations() == []
    page.get_by_role("button", name="Give more time").click()
    expect(page.get_by_text("The time of 1 person changed.")).to_be_visible()


def hand_in_with_more_time(system, page):
    """A student whose time is longer: sees it, and hands in. Ends on the page of the submission."""
    page.goto(f"{system.url}/courses/{SLUG}/")
    page.get_by_role("link", name="The first one").first.click()
    # The teacher moved the date by one day, and this student has two days more.
    expect(page.get_by_text("18 Mar 2027, 23:59 CET").first).to_be_visible()
    # The code to begin with is graded, and gets few points.
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("region", name="Result").get_by_text("Attempt 1", exact=True).wait_for(timeout=A_MINUTE)
    page.get_by_role("link", name="History").click()
    page.get_by_role("table").get_by_role("link").first.click()
    page.locator("#line-1").wait_for()


def talk_about_it(system, teacher, student):
    teacher.goto(student.url)
    comment_on_line(teacher, 1, "What do you want to do here?")
    student.reload()
    answer_on_line(student, 1, "I see.")
    ask_for_regrade(student, "The statement names no function.")
    course = f"{system.url}/courses/{SLUG}"
    change_grade_on_request(teacher, course, "student1", points="3", text="You are right.")
    student.reload()
    expect(student.locator("#regrade-request")).to_contain_text("The grade was changed.")


def copy_to_the_next_term(system, page, violations):
    page.goto(teach(system, "settings/"))
    assert violations() == []
    page.get_by_role("link", name="Copy to a new term").click()
    page.get_by_label("Term").fill("Spring 2028")
    page.get_by_label("Short name in addresses").fill(NEXT)
    assert violations() == []
    page.get_by_role("button", name="Look at the new dates").click()
    expect(page.get_by_label("Due, The first one")).to_have_value(re.compile("2028-03-14T23:59"))
    assert violations() == []
    page.get_by_role("button", name="Make the new course").click()
    expect(page.get_by_text(f"{TITLE} is ready, with 15 assignments.")).to_be_visible()
    expect(page.get_by_role("row", name="The first one")).to_be_visible()


def archive_the_old_course(system, page, violations):
    page.goto(teach(system, "settings/"))
    page.get_by_role("button", name="Archive the course").click()
    expect(page.get_by_text("This course was archived on")).to_be_visible()
    assert violations() == []


def see_the_earlier_course(system, page):
    page.goto(system.url)
    expect(page.get_by_role("heading", name="Earlier courses")).to_be_visible()
    page.get_by_role("link", name=TITLE).click()
    expect(page.get_by_text("This course is archived")).to_be_visible()
    page.get_by_role("link", name="The first one").first.click()
    expect(page.get_by_role("button", name="Submit")).to_have_count(0)


def test_a_term_needs_no_command_line(system, page, sign_in, violations, in_another_browser):
    student = in_another_browser(system, "student1")
    sign_in(system, "instructor")
    make_a_course(system, page, violations)
    set_fifteen_assignments(system, page, violations)
    move_all_dates(system, page, violations)
    add_a_student(system, page, "student1")
    give_more_time(system, page, violations, "student1")
    see_the_dates_in_a_calendar(system, page, violations)
    hand_in_with_more_time(system, student)
    talk_about_it(system, page, student)
    copy_to_the_next_term(system, page, violations)
    archive_the_old_course(system, page, violations)
    see_the_earlier_course(system, student)
