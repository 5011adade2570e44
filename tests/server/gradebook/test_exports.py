import csv
import io
import json
import zipfile

import pytest
from hypothesis import given as with_any
from hypothesis import strategies as st
from openpyxl import load_workbook

from server.courses.visibility import everybody
from server.gradebook.exports import Format, export
from server.gradebook.exports.safe_values import TRIGGERS, safe
from server.gradebook.models import Action
from server.gradebook.services import decide
from tests.support.people import graded, make_assignment, make_member, make_student

EVIL = '=HYPERLINK("http://evil.example","Click")'


def rows(course, form):
    text = export(everybody(course), form).content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@with_any(st.text())
def test_no_text_reaches_a_spreadsheet_as_a_formula(text):
    assert not str(safe(text)).lstrip(" ").startswith(TRIGGERS)


@pytest.mark.parametrize("number", [-3.5, 0, 12])
def test_numbers_stay_numbers_even_below_zero(number):
    assert safe(number) == number


@pytest.mark.parametrize("form", [Format.CSV, Format.CANVAS, Format.MOODLE])
def test_formulas_in_names_are_harmless_in_every_csv(course, assignment, form):
    graded(make_student(course, first_name=EVIL, external_id="@SUM(1)"), assignment, given=5)

    cells = [cell for row in rows(course, form) for cell in row]
    assert f"'{EVIL}" in cells or f"'{EVIL} " in cells
    assert "'@SUM(1)" in cells


def test_the_csv_has_points_and_total_of_each_student(course, assignment):
    another = make_assignment(course, slug="gradients/another", position=1, points=10)
    learner = make_student(course, username="ada", email="ada@example.org", external_id="s1")
    make_student(course, username="zoe")
    graded(learner, assignment, given=5)
    graded(learner, another, given=10)

    header, first, second = rows(course, Format.CSV)
    assert header == ["Name", "User name", "E-mail", "ID", "gradients/square", "gradients/another", "Total"]
    assert first == ["ada", "ada", "ada@example.org", "s1", "50.0", "10.0", "60.0"]
    assert second[4:] == ["", "", "0"]


def test_exempt_students_are_marked_and_staff_left_out(course, assignment):
    learner, instructor = make_student(course), make_member(course, "instructor")
    decide(assignment, learner, action=Action.EXEMPTED, by=instructor, why="Ill", exempt=True)

    assert [row[4] for row in rows(course, Format.CSV)[1:]] == ["EX"]


def test_the_workbook_has_grades_raw_points_and_penalties(course, assignment):
    graded(make_student(course), assignment, given=5)

    book = load_workbook(io.BytesIO(export(everybody(course), Format.XLSX).content), read_only=True)
    assert book.sheetnames == ["What counts", "Raw", "Penalties"]
    assert [[row[4] for row in book[name].values][1] for name in book.sheetnames] == [50, 50, 0]


def test_canvas_gets_its_columns_and_the_points_possible(course, assignment):
    graded(make_student(course, username="ada", first_name="Ada", last_name="Nwosu"), assignment, given=5)

    header, possible, ada = rows(course, Format.CANVAS)
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "The square"]
    assert possible == ["    Points Possible", "", "", "", "", "100.0"]
    assert ada == ["Nwosu, Ada", "", "", "ada", "", "50.0"]


def test_gradescope_gets_one_results_json_of_the_counted_submission(course, assignment):
    learner = make_student(course, username="ada")
    graded(learner, assignment, given=2)
    graded(learner, assignment, given=5)

    archive = zipfile.ZipFile(io.BytesIO(export(everybody(course), Format.GRADESCOPE).content))
    (name,) = archive.namelist()
    results = json.loads(archive.read(name))
    assert name == "gradients/square/ada/results.json"
    assert results["score"] == 50
    assert results["tests"] == [
        {"name": "Agrees with autograd", "score": 5.0, "max_score": 10.0, "output": "", "status": "failed"}
    ]


@pytest.mark.parametrize("form", [Format.CSV, Format.XLSX, Format.CANVAS, Format.MOODLE])
def test_queries_of_an_export_do_not_grow_with_students(course, assignment, form, django_assert_num_queries):
    for _ in range(4):
        graded(make_student(course), assignment, given=5)

    with django_assert_num_queries(4):
        export(everybody(course), form)


def test_moodle_gets_an_empty_cell_for_exempt_students(course, assignment):
    learner, instructor = make_student(course), make_member(course, "instructor")
    decide(assignment, learner, action=Action.EXEMPTED, by=instructor, why="Ill", exempt=True)

    assert [row[5] for row in rows(course, Format.MOODLE)[1:]] == [""]


@pytest.mark.parametrize("username", ["../../etc/x", "/etc/x", "a/b", "..", "a\\b", "c:x", "a\nb"])
def test_no_user_name_leads_out_of_the_zip(course, assignment, username):
    graded(make_student(course, username=username), assignment, given=5)

    (name,) = zipfile.ZipFile(io.BytesIO(export(everybody(course), Format.GRADESCOPE).content)).namelist()

    unit, exercise, folder, file = name.split("/")
    assert (unit, exercise, file) == ("gradients", "square", "results.json")
    assert folder.strip(".") == folder
    assert not set(folder) & set("\\:\n")
