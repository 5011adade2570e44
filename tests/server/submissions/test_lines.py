"""The second message of a grader: it adds a line to the report that it belongs to, and changes nothing else."""

import pytest
from django.urls import reverse

from server.submissions.lines import record_line
from server.submissions.models import State, Submission
from tests.support.people import make_report, make_submission, record

SOURCE = "import torch\n\n\ndef square(x):\n    return x\n"


@pytest.fixture
def wrong(student, assignment):
    """A submission that lost points."""
    submission = make_submission(student, assignment, source=SOURCE)
    record(submission, make_report(4.0, slug=submission.exercise))
    submission.refresh_from_db()
    return submission


def message(row, **changes):
    report = {name: row.report[name] for name in ("digest", "seconds", "grader")}
    found = {"submission": str(row.pk), "token": row.token, "report": report, "line": 5}
    return found | changes


def facts(submission):
    names = ("state", "given", "max", "report", "finished_at", "token")
    return Submission.objects.values(*names).get(pk=submission.pk)


def line_of(submission):
    return Submission.objects.get(pk=submission.pk).line


def test_the_line_is_added_and_nothing_else_changes(wrong):
    before = facts(wrong)

    assert record_line(**message(wrong))
    assert line_of(wrong) == 5
    assert facts(wrong) == before


def test_the_same_message_twice_changes_nothing(wrong):
    assert record_line(**message(wrong))
    assert record_line(**message(wrong))
    assert line_of(wrong) == 5


@pytest.mark.parametrize("line", [0, -1, 7, 10**9, 10**40, 5.0, True, "5", None, [5], {"line": 5}])
def test_a_line_that_the_code_does_not_have_is_refused(wrong, line):
    assert not record_line(**message(wrong, line=line))
    assert line_of(wrong) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"token": "another"},
        {"token": None},
        {"token": "é"},
        {"submission": "0190b3a4-0000-7000-8000-000000000000"},
        {"submission": "no id"},
        {"submission": None},
        {"report": {}},
        {"report": None},
        {"report": {"digest": "another", "seconds": 0.0, "grader": "1"}},
    ],
)
def test_a_message_about_something_else_is_refused(wrong, changes):
    assert not record_line(**message(wrong, **changes))
    assert line_of(wrong) is None


EDIT = {"removed": ["    return x"], "added": ["    return x ** 2"]}


def edit_of(submission):
    return Submission.objects.get(pk=submission.pk).edit


def test_an_edit_comes_with_the_line_and_goes_with_it(wrong):
    assert record_line(**message(wrong, edit=EDIT))
    assert (line_of(wrong), edit_of(wrong)) == (5, EDIT)

    assert record_line(**message(wrong))
    assert (line_of(wrong), edit_of(wrong)) == (5, None)


@pytest.mark.parametrize(
    "edit",
    [
        "return 2",
        [],
        {},
        {"removed": [], "added": []},
        {"removed": ["x"]},
        {"removed": ["x"], "added": [1]},
        {"removed": ["x"], "added": ["y"], "more": 1},
        {"removed": ["x"] * 9, "added": []},
        {"removed": ["x" * 301], "added": []},
        {"removed": ["x"], "added": ["y\nz"]},
        {"removed": ["x"], "added": ["\u202ey"]},
        {"removed": ["x"], "added": ["\x00"]},
    ],
)
def test_an_edit_that_is_none_is_left_out(wrong, edit):
    assert record_line(**message(wrong, edit=edit))
    assert (line_of(wrong), edit_of(wrong)) == (5, None)


def test_a_later_grader_can_say_more(wrong):
    assert record_line(**message(wrong, certainty=0.9))
    assert line_of(wrong) == 5


def test_a_right_answer_never_gets_a_line(student, assignment):
    submission = make_submission(student, assignment, source=SOURCE)
    record(submission)
    submission.refresh_from_db()

    assert submission.given == submission.max
    assert not record_line(**message(submission))
    assert line_of(submission) is None


def test_a_submission_without_a_report_gets_no_line(student, assignment):
    submission = make_submission(student, assignment, source=SOURCE)
    identity = {"digest": "d", "seconds": 0.0, "grader": ""}

    assert not record_line(submission=str(submission.pk), token=submission.token, report=identity, line=5)
    assert Submission.objects.get(pk=submission.pk).state == State.QUEUED


def test_another_report_takes_the_line_away(wrong):
    record_line(**message(wrong, edit=EDIT))
    late = message(wrong)
    Submission.objects.filter(pk=wrong.pk).update(state=State.QUEUED, given=None, max=None)

    record(wrong, make_report(5.0, slug=wrong.exercise) | {"seconds": 0.5})

    assert (line_of(wrong), edit_of(wrong)) == (None, None)
    assert not record_line(**late)


def test_the_page_is_told_the_line(client, wrong):
    record_line(**message(wrong))
    client.force_login(wrong.learner)

    state = client.get(reverse("submissions:state", args=[wrong.pk])).json()

    assert (state["over"], state["line"]) == (True, 5)
