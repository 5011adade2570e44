from datetime import UTC, datetime

import pytest

from server.web.templatetags.web import due, icon, points, sentence


@pytest.mark.parametrize(
    ("number", "text"), [(10.0, "10"), (0.0, "0"), (2.5, "2.5"), (1 / 3, "0.33"), (100.0, "100"), (None, "–")]
)
def test_points_are_written_without_empty_decimals(number, text):
    assert points(number) == text


def test_code_in_a_sentence_becomes_a_code_element():
    assert sentence("Call `backward()` once.") == "Call <code>backward()</code> once."


def test_markup_in_a_sentence_is_escaped():
    assert sentence("`<b>` & <i>") == "<code>&lt;b&gt;</code> &amp; &lt;i&gt;"


def test_none_becomes_an_empty_sentence():
    assert sentence(None) == ""


def test_an_icon_is_hidden_from_screen_readers():
    assert 'aria-hidden="true"' in icon("passed")


@pytest.mark.parametrize(
    ("month", "day", "hour", "words", "looks"),
    [
        (3, 9, 23, "was due 9 March", "over"),
        (3, 10, 11, "was due today, 11:00 UTC", "over"),
        (3, 10, 22, "due today, 22:00 UTC", "near"),
        (3, 11, 1, "due tomorrow, 01:00 UTC", "near"),
        (3, 13, 22, "due in 3 days", "far"),
        (3, 17, 22, "due 17 March", "far"),
    ],
)
def test_near_due_dates_are_shown_more_exactly(month, day, hour, words, looks):
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)

    assert due(datetime(2026, month, day, hour, tzinfo=UTC), noon) == f'<span class="due-{looks}">{words}</span>'
