from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from grader.protocol.messages import DIAGNOSES
from grader.protocol.reports import Outcome, Status
from server.submissions.rendering.presentation import Counterexample, result_of
from tests.support.people import make_report, write_exercise


def shown(report, kind="submit", *, points=None, line=None, age=timedelta(hours=1)):
    finished_at = timezone.now() - age
    row = SimpleNamespace(report=report, kind=kind, line=line, source="one\n" * 8, finished_at=finished_at, library="")
    return result_of(row, points=points)


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
    result = shown(make_report(3), points=100)

    (row,), (cause,) = result.rows, result.causes
    assert (result.given, result.max, row.points, row.max_points, cause.cost) == (30, 100, 30, 100, 70)


def test_a_screen_reader_hears_cause_and_line():
    report = make_report(0, message="raised_at", data={"error": "ValueError: `x`", "line": 7, "case": "c"})

    spoken = shown(report).announcement

    assert "ValueError" in spoken
    assert spoken.endswith("(line 7).")
    assert "`" not in spoken


def test_a_screen_reader_hears_the_line_to_look_at_last():
    report = make_report(
        0, message="differs", data={"line": 7, "where": "it", "got": "1", "expected": "2", "case": "c"}
    )

    assert shown(report).announcement.endswith(" Line 7.")
    assert shown(report, line=4).announcement.endswith(" Line 7. Look at line 4.")
    assert shown(report, line=7).announcement.endswith(" Look at line 7.")
    assert "Line 7" not in shown(report, line=7).announcement


@pytest.mark.parametrize("line", [None, 0, -1, 10])
def test_a_line_that_the_code_has_not_is_not_named(line):
    result = shown(make_report(0), line=line)

    assert result.line is None
    assert "Look at" not in result.announcement


def test_right_answers_have_no_line_to_look_at():
    assert shown(make_report(10), line=3).line is None


def test_a_page_waits_for_the_line_only_after_fresh_results():
    fresh = timedelta(seconds=1)

    assert shown(make_report(0), age=fresh).line_can_follow
    assert not shown(make_report(0)).line_can_follow
    assert not shown(make_report(0), age=fresh, line=3).line_can_follow
    assert not shown(make_report(10), age=fresh).line_can_follow


@pytest.mark.parametrize(
    ("told", "of", "call"),
    [
        ("square([1, 2])", "", "square([1, 2])"),
        ("`w2` of gradients(params={'w1': 1})", "`w2`", "gradients(params={'w1': 1})"),
        (
            "second derivative of `f` of d(f, x=1) with f(x) = a of b",
            "second derivative of `f`",
            "d(f, x=1) with f(x) = a of b",
        ),
        ("gradient for `a` of a * b with a = Value(2.0)", "gradient for `a`", "a * b with a = Value(2.0)"),
    ],
)
def test_an_example_says_what_its_number_is(told, of, call):
    example = Counterexample.read({"call": told, "got": "1", "expected": "2"})

    assert (example.of, example.call) == (of, call)
