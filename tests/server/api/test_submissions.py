"""Submitting through the API, and reading submissions and reports."""

from datetime import timedelta

import pytest
from django.utils import timezone

from grader.protocol.reports import Outcome
from grader.protocol.sources import MAX_SOURCE
from server.api.models import TokenScope
from server.gradebook.models import Action
from server.gradebook.services import decide
from server.submissions.lines import record_line
from server.submissions.models import State, Submission
from tests.server.api.conftest import problem
from tests.support.people import (
    graded,
    make_assignment,
    make_course,
    make_member,
    make_report,
    make_student,
    make_submission,
    record,
)

pytestmark = pytest.mark.django_db


def test_a_submission_gives_202_with_location_and_retry_after(call, body, queued):
    response = call.post("/submissions", body | {"external_ref": "attempt-4711"})

    data = response.json()
    assert response.status_code == 202
    assert response["Location"].endswith(f"/api/v1/submissions/{data['id']}")
    assert int(response["Retry-After"]) >= 1
    assert (data["state"], data["attempt"], data["score"]) == ("queued", 1, None)
    assert data["external_ref"] == "attempt-4711"
    assert data["id"][14] == "7"


def test_a_whole_number_can_be_sent_as_a_float(call, body, assignment):
    assert call.post("/submissions", body | {"assignment": float(assignment.pk)}).status_code == 202


def test_a_learner_is_found_by_external_id(call, body, assignment):
    learner = make_student(assignment.course, external_id="s42")

    response = call.post("/submissions", body | {"user": {"external_id": "s42"}})

    assert response.json()["user"] == {"id": learner.pk, "external_id": "s42"}


def test_a_graded_submission_has_score_versions_and_penalty(call, student, assignment):
    assignment.due_at, assignment.late_percent_per_day = timezone.now() - timedelta(hours=1), 10
    assignment.save()
    submission = graded(student, assignment, 8.0)

    data = call.get(f"/submissions/{submission.pk}").json()

    assert data["state"] == "graded"
    assert data["score"] == {"given": 8.0, "max": 10.0}
    assert data["late_penalty"] == pytest.approx(0.8)
    assert data["exercise_version"] == submission.digest
    assert data["grader_version"]


def test_an_extension_removes_the_late_penalty_in_lists_too(call_with, student, assignment):
    call = call_with()
    assignment.due_at, assignment.late_percent_per_day = timezone.now() - timedelta(hours=1), 10
    assignment.save()
    submission = graded(student, assignment, 8.0)
    teacher = make_member(assignment.course, "instructor")
    later = timezone.now() + timedelta(hours=1)
    decide(assignment, student, action=Action.EXTENDED, by=teacher, why="ill", due_at=later)

    assert call.get(f"/submissions/{submission.pk}").json()["late_penalty"] == 0
    assert call.get("/submissions").json()["items"][0]["late_penalty"] == 0


def test_a_grading_error_has_no_score_and_no_report(call, student, assignment):
    submission = make_submission(student, assignment, state=State.ERROR)

    data = call.get(f"/submissions/{submission.pk}").json()

    assert (data["state"], data["score"], data["report"]) == ("error", None, None)


@pytest.mark.parametrize("state", [State.QUEUED, State.ERROR, State.CANCELLED])
def test_a_missing_report_gives_404(call, student, assignment, state):
    submission = make_submission(student, assignment, state=state)

    assert problem(call.get(f"/submissions/{submission.pk}/report"))["code"] == "not-found"


def test_the_report_has_the_findings_and_the_score(call, student, assignment):
    submission = graded(student, assignment, 4.0)

    data = call.get(f"/submissions/{submission.pk}/report").json()

    assert data["outcome"] == "graded"
    assert data["findings"][0]["status"] == "failed"
    assert data["score"] == {"given": 4.0, "max": 10.0}


def test_an_ungradable_submission_has_no_score(call, student, assignment):
    submission = make_submission(student, assignment)
    record(submission, make_report(0.0, 10.0, outcome=Outcome.UNGRADABLE))

    data = call.get(f"/submissions/{submission.pk}").json()

    assert (data["state"], data["score"]) == ("ungradable", None)
    assert call.get(f"/submissions/{submission.pk}/report").json()["score"] is None


def test_the_code_of_a_notebook_is_the_source(call, body):
    cells = [
        {"cell_type": "markdown", "source": "# Squares"},
        {
            "cell_type": "code",
            "source": ["%matplotlib inline\n", "def square(x):\n", "    return x * x"],
            "outputs": [],
        },
        {"cell_type": "code", "source": "%%bash\nrm -r /"},
        {"cell_type": "code", "source": "y = (7\n  % 4)"},
    ]
    del body["source"]

    response = call.post("/submissions", body | {"notebook": {"nbformat": 4, "cells": cells, "metadata": {}}})

    assert response.status_code == 202
    source = Submission.objects.get().source
    assert source == "# %matplotlib inline\ndef square(x):\n    return x * x\n\n# %%bash\n# rm -r /\n\ny = (7\n  % 4)\n"


@pytest.mark.parametrize("notebook", [{}, {"nbformat": 3, "cells": []}, {"nbformat": 4, "cells": 7}, "text"])
def test_a_problem_points_at_an_invalid_notebook(call, body, notebook):
    del body["source"]

    data = problem(call.post("/submissions", body | {"notebook": notebook}))

    assert data["code"] == "invalid"
    assert data["errors"][0]["pointer"].startswith("/notebook")


def test_a_submission_is_found_by_its_external_reference(call, body):
    call.post("/submissions", body | {"external_ref": "mine"})
    call.post("/submissions", body)

    assert [one["external_ref"] for one in call.get("/submissions?external_ref=mine").json()["items"]] == ["mine"]


def test_polling_with_the_etag_gets_304_until_something_changes(call, student, assignment):
    submission = make_submission(student, assignment)
    first = call.get(f"/submissions/{submission.pk}")

    assert call.get(f"/submissions/{submission.pk}", if_none_match=first["ETag"]).status_code == 304
    record(submission)
    assert call.get(f"/submissions/{submission.pk}", if_none_match=first["ETag"]).status_code == 200


def test_the_line_follows_the_score_and_changes_the_etag(call, student, assignment):
    submission = make_submission(student, assignment)
    record(submission, make_report(4.0))
    submission.refresh_from_db()
    first = call.get(f"/submissions/{submission.pk}")
    identity = {name: submission.report[name] for name in ("digest", "seconds", "grader")}

    record_line(submission=str(submission.pk), token=submission.token, report=identity, line=2)

    second = call.get(f"/submissions/{submission.pk}")
    assert (first.json()["line"], second.json()["line"]) == (None, 2)
    assert first.json() | {"line": 2} == second.json()
    assert first["ETag"] != second["ETag"]


def test_a_closed_assignment_gives_409_closed(call, body, assignment):
    assignment.closes_at = timezone.now() - timedelta(minutes=1)
    assignment.save()

    data = problem(call.post("/submissions", body))

    assert (data["status"], data["code"], data["type"]) == (409, "closed", "/api/v1/problems/closed")


def test_used_up_attempts_give_409_attempts_used_up(call, body, assignment):
    assignment.attempts = 1
    assignment.save()
    call.post("/submissions", body)

    data = problem(call.post("/submissions", body))

    assert (data["status"], data["code"]) == (409, "attempts-used-up")


def test_an_assignment_before_its_opening_gives_not_open(call, body, assignment):
    assignment.opens_at = timezone.now() + timedelta(days=1)
    assignment.save()

    assert problem(call.post("/submissions", body))["code"] == "not-open"


def test_a_cooldown_gives_retry_after(call, body, assignment):
    assignment.cooldown_seconds = 60
    assignment.save()
    call.post("/submissions", body)

    response = call.post("/submissions", body)

    assert problem(response)["code"] == "cooldown"
    assert 1 <= int(response["Retry-After"]) <= 61


def test_a_problem_points_at_source_that_cannot_be_stored(call, body):
    for source in ("x = 1\0", "x" * (MAX_SOURCE + 1), "bad \ufffd"):
        data = problem(call.post("/submissions", body | {"source": source}))
        assert (data["code"], data["errors"][0]["pointer"]) == ("invalid", "/source")


def test_a_learner_of_another_course_is_not_found(call, body):
    stranger = make_student(make_course())

    data = problem(call.post("/submissions", body | {"user": {"id": stranger.pk}}))

    assert (data["status"], data["errors"][0]["pointer"]) == (404, "/user")


def test_an_assignment_of_another_course_is_not_found(call, body):
    data = problem(call.post("/submissions", body | {"assignment": make_assignment().pk}))

    assert (data["status"], data["errors"][0]["pointer"]) == (404, "/assignment")


def test_a_submission_of_another_course_is_not_found(call):
    other = make_submission()

    assert problem(call.get(f"/submissions/{other.pk}"))["status"] == 404
    assert call.get("/submissions").json()["items"] == []


def test_test_runs_are_not_found(call, student, assignment):
    test_run = make_submission(student, assignment, kind="check")

    assert problem(call.get(f"/submissions/{test_run.pk}"))["status"] == 404


def test_a_personal_token_works_for_one_learner_only(call_with, body, student, assignment):
    call = call_with(learner=student)
    other = make_submission(make_student(assignment.course), assignment)
    del body["user"]

    assert call.post("/submissions", body).json()["user"]["id"] == student.pk
    assert problem(call.post("/submissions", body | {"user": {"id": other.learner_id}}))["status"] == 404
    assert problem(call.get(f"/submissions/{other.pk}"))["status"] == 404


def test_five_can_be_open_by_whatever_way_they_came(call, call_with, client, body, student, assignment):
    mine = call_with(learner=student)
    own_body = {name: value for name, value in body.items() if name != "user"}
    client.force_login(student)
    address = f"/courses/{assignment.course.slug}/exercises/{assignment.slug}/submit"
    assert client.post(address, {"source": "by = 'page'"}).status_code == 302
    answers = [call.post("/submissions", body, idempotency_key=f"lms-{number}") for number in range(2)]
    answers += [mine.post("/submissions", own_body, idempotency_key=f"own-{number}") for number in range(2)]
    assert {answer.status_code for answer in answers} == {202}

    for refused in (call.post("/submissions", body, idempotency_key="more"), mine.post("/submissions", own_body)):
        data = problem(refused)
        assert (data["status"], data["code"]) == (429, "too-many-open")
        assert data["type"].endswith("/problems/too-many-open")
        assert int(refused["Retry-After"]) > 0
    assert client.post(address, {"source": "one = 'more'"}).status_code == 429
    # An answer that was lost is repeated, and counts for nothing.
    assert call.post("/submissions", body, idempotency_key="lms-0")["Idempotent-Replayed"] == "true"
    assert call.post("/submissions", body | {"user": {"id": make_student(assignment.course).pk}}).status_code == 202

    record(student.submissions.first(), make_report(10.0))
    assert call.post("/submissions", body, idempotency_key="more").status_code == 202


def test_without_a_personal_token_the_learner_is_required(call, body):
    del body["user"]

    assert problem(call.post("/submissions", body))["errors"][0]["pointer"] == "/user"


def test_a_token_without_the_write_scope_cannot_submit(call_with, body):
    data = problem(call_with(TokenScope.SUBMISSIONS_READ).post("/submissions", body))

    assert (data["status"], data["code"]) == (403, "forbidden")
    assert "submissions:write" in data["detail"]


@pytest.mark.parametrize(
    "cells", [[], [{"cell_type": "markdown", "source": "x"}], [{"cell_type": "code", "source": " "}]]
)
def test_a_notebook_without_code_is_an_empty_source(call, body, cells):
    del body["source"]

    response = call.post("/submissions", body | {"notebook": {"nbformat": 4, "cells": cells}})

    assert response.status_code == 202
    assert Submission.objects.get().source == ""
