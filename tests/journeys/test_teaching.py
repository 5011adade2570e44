"""An instructor in a real browser overrides a grade with a reason, exports it, and takes it back."""

import csv
import io

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def teach(system, path=""):
    return f"{system.url}/courses/autograd-demo/teach/{path}"


def test_a_grade_is_overridden_with_a_reason_and_undone(idle, page, sign_in):
    sign_in(idle, "instructor")
    page.goto(teach(idle, "gradebook/?q=student7"))
    page.locator("tbody td a").first.click()
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
