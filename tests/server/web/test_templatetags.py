import pytest

from server.web.templatetags.web import icon, points, sentence


@pytest.mark.parametrize(
    ("number", "text"), [(10.0, "10"), (0.0, "0"), (2.5, "2.5"), (1 / 3, "0.33"), (100.0, "100"), (None, "–")]
)
def test_points_are_written_without_empty_decimals(number, text):
    assert points(number) == text


def test_code_in_a_sentence_is_set_as_code():
    assert sentence("Call `backward()` once.") == "Call <code>backward()</code> once."


def test_a_sentence_cannot_bring_markup():
    assert sentence("`<b>` & <i>") == "<code>&lt;b&gt;</code> &amp; &lt;i&gt;"


def test_no_sentence_is_an_empty_one():
    assert sentence(None) == ""


def test_an_icon_is_hidden_from_those_who_listen():
    assert 'aria-hidden="true"' in icon("passed")
