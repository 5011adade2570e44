"""Grades: reading them, and overriding only the version that the caller has read."""

import pytest

from server.api.models import TokenScope
from server.gradebook.models import GradeChange
from tests.server.api.conftest import problem
from tests.support.people import graded, make_assignment, make_member, make_student

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(student, assignment):
    return f"/grades/{assignment.pk}/{student.pk}"


@pytest.fixture
def owner(assignment):
    return make_member(assignment.course, "instructor")


@pytest.fixture
def call(call_with, owner):
    return call_with(owner=owner)


def test_a_grade_is_in_points_of_the_assignment(call, student, assignment, path):
    submission = graded(student, assignment, 5.0)

    data = call.get(path).json()

    assert data["score"] == {"given": 50.0, "max": 100.0}
    assert (data["raw"], data["penalty"], data["counted"]) == (50.0, 0.0, str(submission.pk))


def test_a_learner_without_submissions_has_no_score(call, path):
    assert call.get(path).json()["score"] is None


def test_an_override_needs_the_etag_of_the_grade(call, path):
    data = problem(call.put(path, {"given": 90, "reason": "Misleading statement."}))

    assert (data["status"], data["code"]) == (428, "precondition-required")


def test_an_override_of_a_grade_that_changed_is_a_412(call, student, assignment, path):
    etag = call.get(path)["ETag"]
    graded(student, assignment, 5.0)

    data = problem(call.put(path, {"given": 90, "reason": "Misleading."}, if_match=etag))

    assert (data["status"], data["code"]) == (412, "precondition-failed")
    assert call.get(path).json()["score"]["given"] == 50.0


def test_an_override_counts_and_stores_author_and_reason(call, student, assignment, path, owner):
    graded(student, assignment, 5.0)

    answer = call.put(path, {"given": 90, "reason": "Misleading."}, if_match=call.get(path)["ETag"])

    assert answer.json()["score"]["given"] == 90
    assert answer.json()["overridden"]
    assert answer.json()["raw"] == 50.0
    change = GradeChange.objects.first()
    assert (change.by, change.why, change.action) == (owner, "Misleading.", "overridden")


def test_null_removes_an_override(call, student, assignment, path):
    graded(student, assignment, 5.0)
    call.put(path, {"given": 90, "reason": "Misleading."}, if_match=call.get(path)["ETag"])

    answer = call.put(path, {"given": None, "reason": "It was not."}, if_match=call.get(path)["ETag"])

    assert answer.json()["score"]["given"] == 50.0


def test_an_excused_learner_has_no_score(call, student, assignment, path):
    graded(student, assignment, 5.0)

    answer = call.put(path, {"given": None, "exempt": True, "reason": "Ill."}, if_match=call.get(path)["ETag"])

    assert (answer.json()["exempt"], answer.json()["score"]) == (True, None)


@pytest.mark.parametrize("given", [-1, 100.5, "90"])
def test_a_problem_points_at_invalid_points(call, path, given):
    answer = call.put(path, {"given": given, "reason": "So."}, if_match=call.get(path)["ETag"])

    assert problem(answer)["errors"][0]["pointer"] == "/given"


def test_the_read_scope_does_not_allow_an_override(call_with, path):
    call = call_with(TokenScope.GRADES_READ)

    assert problem(call.put(path, {"given": 1, "reason": "So."}, if_match="*"))["status"] == 403


@pytest.mark.parametrize("etag", ["*", " * ", '"an older one"', 'W/"weak"', "nonsense"])
def test_an_override_needs_the_etag_that_was_read(call, path, etag):
    before = call.get(path).content

    answer = problem(call.put(path, {"given": 90, "reason": "Unseen."}, if_match=etag))

    assert answer["status"] == 412
    assert call.get(path).content == before


def test_grades_of_another_course_are_not_found(call, student):
    other = make_assignment()
    learner = make_student(other.course)
    graded(learner, other, 5.0)

    assert call.get("/grades").json()["items"] == []
    assert problem(call.get(f"/grades/{other.pk}/{learner.pk}"))["status"] == 404


def test_a_personal_token_sees_only_its_learners_grades(call_with, student, assignment):
    graded(make_student(assignment.course), assignment, 5.0)
    graded(student, assignment, 7.0)

    items = call_with(learner=student).get("/grades").json()["items"]

    assert [item["user"]["id"] for item in items] == [student.pk]


@pytest.mark.parametrize(
    ("system", "media_type"), [("canvas", "text/csv"), ("moodle", "text/csv"), ("gradescope", "application/zip")]
)
def test_grades_are_exported_as_files_for_other_systems(call, student, assignment, system, media_type):
    graded(student, assignment, 5.0)

    response = call.get(f"/exports/{system}?course={assignment.course.slug}")

    assert response["Content-Type"].startswith(media_type)
    assert response["Content-Disposition"].startswith("attachment;")
    assert len(response.content) > 50


def test_a_personal_token_exports_nothing(call_with, student, assignment):
    call = call_with(learner=student)

    assert problem(call.get(f"/exports/canvas?course={assignment.course.slug}"))["status"] == 403
