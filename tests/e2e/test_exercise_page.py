"""The exercise page in a real browser: test runs, files, drafts and reports."""

import json

import pytest
from playwright.sync_api import expect

from grader.packages.catalogue import find_package

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EXERCISE = find_package("gradients/sum-of-matrix")
A_MINUTE = 60_000


def open_exercise(page, title=EXERCISE.manifest.title):
    page.get_by_role("link", name=title).click()
    page.locator(".cm-content").wait_for()


def editor_text(page):
    return page.locator("textarea[data-editor]")


def results(page):
    return page.get_by_role("region", name="Result")


def saved(page):
    page.locator("[data-draft-status]").get_by_text("Saved", exact=True).wait_for()


def test_a_test_run_uses_no_attempt(system, page, sign_in, write):
    sign_in(system, "student11")
    open_exercise(page)

    write(EXERCISE.solution)
    page.get_by_role("button", name="Test run").click()

    results(page).get_by_text("Every check passed on the public cases.").wait_for(timeout=A_MINUTE)
    expect(page.locator("#status").get_by_text("0 attempts")).to_be_visible()


def test_an_error_stays_below_its_line_until_rerun(system, page, sign_in, write):
    sign_in(system, "student12")
    open_exercise(page)

    write("import torch\n\ndef make_matrix(:\n")
    page.get_by_role("button", name="Test run").click()

    page.locator(".cm-mark-words").get_by_text("line 3").wait_for(timeout=A_MINUTE)
    expect(page.locator(".cm-mark-line")).to_have_text("def make_matrix(:")
    page.reload()
    page.locator(".cm-mark-words").wait_for()
    write(EXERCISE.solution)
    page.get_by_role("button", name="Test run").click()
    page.locator(".cm-mark-words").wait_for(state="detached")
    results(page).get_by_text("Every check passed").wait_for(timeout=A_MINUTE)


def test_a_draft_survives_a_reload(idle, page, sign_in, write):
    sign_in(idle, "student13")
    open_exercise(page)

    write("half_done = 1")
    saved(page)
    page.reload()
    page.locator(".cm-content").wait_for()

    expect(editor_text(page)).to_have_value("half_done = 1")


def test_a_draft_typed_offline_is_saved_after_reconnecting(idle, page, sign_in, write):
    sign_in(idle, "student14")
    open_exercise(page)
    # A 204 looks like a lost connection to the script, but logs no error on the console.
    page.route("**/draft", lambda route: route.fulfill(status=204))

    write("typed_offline = 1")
    page.get_by_text("Kept in this browser").wait_for()
    page.unroute("**/draft")
    page.reload()
    page.locator(".cm-content").wait_for()

    expect(editor_text(page)).to_have_value("typed_offline = 1")
    saved(page)


def test_the_newer_of_two_tabs_wins_and_offers_the_other(idle, page, sign_in, write):
    sign_in(idle, "student15")
    open_exercise(page)
    other = page.context.new_page()
    other.goto(page.url)
    other.locator(".cm-content").click()

    write("first_tab = 1")
    saved(page)
    other.keyboard.press("Control+a")
    other.keyboard.insert_text("second_tab = 1")
    other.get_by_text("There is another version of your code").wait_for()
    expect(editor_text(other)).to_have_value("second_tab = 1")
    other.get_by_role("button", name="Use it instead").click()
    saved(other)

    expect(editor_text(other)).to_have_value("first_tab = 1")
    other.close()
    page.reload()
    page.locator(".cm-content").wait_for()
    expect(editor_text(page)).to_have_value("first_tab = 1")
    expect(page.get_by_text("There is another version")).to_be_hidden()


def test_a_notebook_opens_in_the_editor_and_reset_works(idle, page, sign_in, tmp_path):
    sign_in(idle, "student16")
    open_exercise(page)
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": "x = 1  # <script>"}
    ]
    notebook = tmp_path / "answer.ipynb"
    notebook.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}))

    page.get_by_label("Open a file").set_input_files(notebook)
    page.locator(".cm-content").get_by_text("x = 1").wait_for()
    expect(editor_text(page)).to_have_value("x = 1  # <script>\n")

    picture = tmp_path / "answer.png"
    picture.write_bytes(b"\x89PNG")
    page.get_by_label("Open a file").set_input_files(picture)
    page.get_by_role("alert").get_by_text(".py").wait_for()
    expect(editor_text(page)).to_have_value("x = 1  # <script>\n")

    page.get_by_role("link", name="Back to the starter").click()
    expect(editor_text(page)).to_have_value(EXERCISE.starter)
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download").click()
    assert downloading.value.suggested_filename.endswith(".py")
