"""An instructor in a real browser: overrides, roster import, assignments, extra attempts, comparisons."""

import csv
import io

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def teach(system, path=""):
    return f"{system.url}/courses/autograd-demo/teach/{path}"


def open_a_grade(system, page, student):
    page.goto(teach(system, f"gradebook/?q={student}"))
    page.locator("tbody td a").first.click()


def test_a_grade_is_overridden_with_a_reason_and_undone(idle, page, sign_in):
    sign_in(idle, "instructor")
    open_a_grade(idle, page, "student7")
    page.get_by_text("Override", exact=True).click()
    page.get_by_label("Points").fill("55")
    page.locator("#override-why").fill("Oral exam")
    page.get_by_role("button", name="Override the grade").click()
    expect(page.get_by_text("– → 55")).to_be_visible()

    with page.expect_download() as download:
        page.goto(teach(idle, "gradebook/"))
        page.get_by_role("link", name="CSV").click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))
    assert [row[-1] for row in rows if row[1] == "student7"] == ["55.0"]

    page.goto(teach(idle, "changes/?by=people"))
    page.locator("tbody th a").first.click()
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_text("Undone. The grade is what it was before.")).to_be_visible()


def test_a_roster_is_previewed_before_the_import(idle, page, sign_in):
    sign_in(idle, "instructor")
    page.goto(teach(idle, "people/"))
    page.get_by_role("link", name="Import a roster").click()
    page.get_by_label("Or its text").fill("email,name\nemmy@example.org,Emmy Noether\nstudent7@example.org,\nnobody,")
    page.get_by_role("button", name="Preview the import").click()
    expect(page.get_by_role("row", name="Emmy Noether")).to_contain_text("New account")
    page.get_by_role("button", name="Import", exact=True).click()

    page.goto(teach(idle, "people/?q=emmy"))
    expect(page.get_by_role("row", name="Emmy Noether")).to_be_visible()


def test_an_assignment_is_created_changed_and_removed(idle, page, sign_in):
    sign_in(idle, "instructor")
    page.goto(teach(idle, "assignments/"))
    page.get_by_role("link", name="New assignment").click()
    page.get_by_label("Exercise", exact=True).select_option("derivatives/sin")
    page.get_by_label("Name in the URL").fill("extra/again")
    page.get_by_role("button", name="Create the assignment").click()
    page.get_by_label("Attempts", exact=True).fill("3")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Attempts", exact=True)).to_have_value("3")
    page.get_by_role("button", name="Remove it from the course").click()

    expect(page.get_by_text("is no longer part of the course")).to_be_visible()


def test_a_student_gets_extra_attempts_with_a_reason(idle, page, sign_in):
    sign_in(idle, "instructor")
    open_a_grade(idle, page, "student9")
    page.get_by_text("More time or attempts", exact=True).click()
    page.get_by_label("Extra attempts").fill("2")
    page.locator("#extend-why").fill("Was ill")
    page.get_by_role("button", name="Extend", exact=True).click()

    expect(page.get_by_text("Was ill").first).to_be_visible()


def test_a_comparison_of_submissions_can_be_found_again(idle, page, sign_in):
    sign_in(idle, "instructor")
    page.goto(teach(idle, "similarity/"))
    page.get_by_role("button", name="Compare now").click()
    expect(page.get_by_role("heading", name="Compared")).to_be_visible()

    page.get_by_role("link", name="All comparisons").click()
    page.locator("main ul.people a").first.click()

    expect(page.get_by_role("button", name="Compare again")).to_be_visible()
