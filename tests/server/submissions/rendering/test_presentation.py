from types import SimpleNamespace

import pytest

from grader.protocol.messages import DIAGNOSES
from grader.protocol.reports import Outcome, Status
from server.submissions.rendering.presentation import result_of
from tests.support.people import make_report, write_exercise


def shown(report, kind="submit"):
    return result_of(SimpleNamespace(report=report, kind=kind))


def test_without_a_report_there_is_nothing_to_show():
    assert shown(None) is None


def test_full_marks_are_called_so():
    result = shown(make_report(10))

    assert result.perfect
    assert result.headline == "Every check passed."


def test_a_failed_check_is_counted():
    assert shown(make_report(3)).headline == "1 of 1 checks failed."


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.GRADED])
def test_every_other_outcome_says_what_happened(outcome):
    assert len(shown(make_report(0, outcome=outcome)).headline) > 20


def test_a_finding_is_told_in_sentences():
    report = make_report(0, message="raised", hint="timed_out.hint", data={"error": "ValueError"})
    (row,) = shown(report).rows

    assert row.message == "Your code raised ValueError."
    assert row.hint.endswith("?")


def test_a_diagnosis_that_is_the_message_is_told_once():
    diagnosis = next(name for name in DIAGNOSES if name == "sign_flipped")
    (row,) = shown(make_report(0, message=diagnosis, diagnosis=diagnosis)).rows

    assert row.message == DIAGNOSES[diagnosis]
    assert row.diagnosis is None


def test_unknown_messages_do_not_break_the_page():
    (row,) = shown(make_report(0, message="a_word_of_old", hint="raised", data={})).rows

    assert "`a_word_of_old`" in row.message
    assert (row.hint, row.status) == (None, Status.FAILED)


def test_a_package_words_its_own_messages(exercises):
    report = make_report(0, message="rooted", diagnosis="rooted", hint="rooted.hint", data={"n": 3})
    folder = write_exercise(exercises, report["slug"])
    (folder / "messages.toml").write_text('[rooted]\nsentence = "A root of {n}."\nhint = "Square it {n} times."\n')

    (row,) = shown(report).rows

    assert (row.message, row.hint, row.diagnosis) == ("A root of 3.", "Square it 3 times.", None)


def test_all_points_are_in_the_scale_of_the_assignment():
    result = result_of(SimpleNamespace(report=make_report(3), kind="submit"), points=100)

    (row,), (cause,) = result.rows, result.causes
    assert (result.given, result.max, row.points, row.max_points, cause.cost) == (30, 100, 30, 100, 70)


def test_a_screen_reader_hears_cause_and_line():
    report = make_report(0, message="raised_at", data={"error": "ValueError: `x`", "line": 7, "case": "c"})

    spoken = shown(report).announcement

    assert "ValueError" in spoken
    assert spoken.endswith("Line 7.")
    assert "`" not in spoken
