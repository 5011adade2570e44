import pytest

from grader.protocol.messages import DIAGNOSES, MESSAGES, fields_of, render, render_hint

SAMPLE = {
    "limit": 1, "line": 3, "error": "e", "type": "T", "names": "n", "entry": "f", "seconds": 2.5, "case": "c",
    "memory": 9,
    "signal": "SIGSEGV", "title": "t", "where": "result", "got": 1.0, "expected": 2.0, "difference": 1.0, "wrong": 1,
    "of": 2, "factor": 2.0, "count": 4, "path": "p", "variable": "v", "name": "x", "accuracy": 0.5, "needed": 0.9,
    "axis": "x",
}  # fmt: skip


@pytest.mark.parametrize("message", MESSAGES)
def test_every_message_renders(message):
    assert render(message, {name: SAMPLE.get(name, 1.0) for name in fields_of(message)})


@pytest.mark.parametrize("message", [name for name in DIAGNOSES if not name.endswith(".hint")])
def test_every_diagnosis_has_a_hint(message):
    assert f"{message}.hint" in MESSAGES


def test_every_hint_belongs_to_a_message():
    hints = [name.removesuffix(".hint") for name in MESSAGES if name.endswith(".hint")]

    assert [name for name in hints if name not in MESSAGES] == []


def test_text_in_place_of_a_number_is_shown():
    assert "three" in render("scaled", {"factor": "three"})


def test_learners_text_is_not_a_format():
    assert render("raised", {"error": "{0.__class__} {secret}"}) == "Your code raised {0.__class__} {secret}."


def test_a_hint_that_is_not_there_is_no_hint():
    assert render_hint("differs.hint", {}) is None
    assert render_hint("returned_none", {}) is None


@pytest.mark.parametrize("message", ["an_unknown_word", "scaled"])
def test_a_message_without_a_sentence_is_still_named(message):
    assert render(message, {}) == f"The grader found `{message}`, and this version of Chainrule has no sentence for it."
