"""Code as HTML whose lines have numbers."""

import re
from html import unescape

from server.common.highlighting import MOST_NUMBERED, highlight_python, number_lines

SOURCE = '''def f(x):
    """Return <b>,
    and & more."""

    return x + 1
'''


def text_of(html):
    return unescape(re.sub(r"<[^>]+>", "", html))


def line_of(html, number):
    return re.search(rf'<(span|mark) class="code-line[^"]*" id="line-{number}".*', html)[0]


def test_each_line_has_its_number_and_its_text():
    html = number_lines(SOURCE)

    assert re.findall(r'id="line-(\d+)"', html) == ["1", "2", "3", "4", "5"]
    assert text_of(html) == SOURCE
    assert [text_of(line_of(html, number)) for number in range(1, 6)] == SOURCE.splitlines()


def test_tags_of_a_long_string_end_with_each_line():
    for line in number_lines(SOURCE).splitlines():
        assert line.count("<span") == line.count("</span>")


def test_one_line_can_be_marked():
    html = number_lines(SOURCE, 5)

    assert re.findall(r"<mark [^>]*>", html) == ['<mark class="code-line is-looked-at" id="line-5" tabindex="-1">']
    assert "<mark" not in number_lines(SOURCE, 99)


def test_very_long_code_is_numbered_only_at_its_beginning():
    source = "x = 1\n" * (MOST_NUMBERED + 10)
    html = number_lines(source)

    assert html.count("code-line") == MOST_NUMBERED
    assert text_of(html) == source


def test_code_without_a_last_newline_and_no_code_at_all():
    assert text_of(number_lines("x = 1")) == "x = 1"
    assert number_lines("") == ""
    assert text_of(highlight_python(SOURCE)) == SOURCE
